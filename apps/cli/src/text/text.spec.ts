import { CountersignError } from '@countersign/errors';
import { readBody, wrapBody } from './entry-body.ts';
import { errorText } from './error-text.ts';
import { goJson } from './go-json.ts';
import { printable } from './printable.ts';

describe('goJson', () => {
  it('escapes what Go escapes', () => {
    expect(goJson({ a: '<a&b>\u2028\u2029é—"\\\n' })).toBe('{"a":"\\u003ca\\u0026b\\u003e\\u2028\\u2029é—\\"\\\\\\n"}');
    expect(goJson({ a: [] }, 2)).toBe('{\n  "a": []\n}');
  });
});

describe('printable', () => {
  it('shows what could drive a terminal', () => {
    expect(printable('a\u001b[2J\r\u202e\u0000\u009bb\tc\nd — é')).toBe(
      'a\\u{1b}[2J\\u{d}\\u{202e}\\u{0}\\u{9b}b\tc\nd — é',
    );
  });
});

describe('entry bodies', () => {
  const wrap = (kind: string) =>
    wrapBody(readBody(Buffer.from(JSON.stringify({ kind, apiVersion: '0.0.1', spec: { a: 1 } }))));

  it.each([
    ['alpine', 'AlpineModel'],
    ['cose', 'CoseObj'],
    ['dsse', 'DSSEObj'],
    ['hashedrekord', 'HashedRekordObj'],
    ['helm', 'HelmObj'],
    ['intoto', 'IntotoObj'],
    ['jar', 'JARModel'],
    ['rekord', 'RekordObj'],
    ['rfc3161', 'Rfc3161Obj'],
    ['rpm', 'RPMModel'],
    ['tuf', 'TufObj'],
    ['acme', 'AcmeObj'],
    ['constructor', 'ConstructorObj'],
  ])('of kind %s are shown as %s', (kind, name) => expect(wrap(kind)).toEqual({ [name]: { a: 1 } }));

  it.each([
    '',
    '[]',
    '{}',
    '{"kind":1,"apiVersion":"1","spec":{}}',
    '{"kind":"a","apiVersion":"1"}',
  ])('refuse %p', (text) =>
    expect(() => readBody(Buffer.from(text))).toThrow(expect.objectContaining({ code: 'ERR_MALFORMED' })));
});

describe('errorText', () => {
  it('says what failed and what to do', () => {
    const error = new CountersignError('ERR_NETWORK', 'no answer from http://x: connection refused');
    expect(errorText(error, '/home/a/.rekor/state.json')).toBe(
      'countersign: no answer from http://x: connection refused (ERR_NETWORK)\n' +
        'Check --rekor_server, the network and proxy variables. A private CA is named with --ca-file; --timeout and --retry set the patience.\n',
    );
  });

  it('keeps a server from driving the terminal', () => {
    expect(errorText(new CountersignError('ERR_SERVER_REFUSED', 'x\u001b[31m'), '')).not.toContain('\u001b');
  });

  it('is loud about a fork and a shrunken log, with the evidence', () => {
    const details = { stored: 'log - 1\n5\nAA==\n', shown: 'log - 1\n4\nAA==\n' };
    expect(errorText(new CountersignError('ERR_LOG_SHRUNK', 'message', { details }), '/s.json')).toMatchInlineSnapshot(`
"!!! The log is smaller than it was before. !!!
countersign: message (ERR_LOG_SHRUNK)
--- seen before (/s.json, left as it is):
log - 1
5
AA==

--- shown now:
log - 1
4
AA==

Do not trust this log until its operator explains it: entries you relied on may be gone. Keep both checkpoints above: they are the evidence.
"
`);
    expect(errorText(new CountersignError('ERR_LOG_FORKED', 'message', { details }), '/s.json')).toMatch(
      /^!!! The log showed two histories .* !!!\n[\s\S]*--- seen before [\s\S]*log - 1\n5\n[\s\S]*--- shown now:\nlog - 1\n4\n/,
    );
  });

  it('shows a stored checkpoint that does not fit', () => {
    const error = new CountersignError('ERR_CHECKPOINT_INVALID', 'message', { details: { stored: 'kept' } });
    expect(errorText(error, '/s.json')).toContain('--- stored in /s.json, left as it is:\nkept\n');
  });

  it('calls what has no code a fault', () => {
    expect(errorText(new TypeError('x is not a function'), '')).toMatch(
      /^countersign: internal fault: TypeError: x is/,
    );
  });
});
