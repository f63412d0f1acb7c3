import { createPluginApi } from '@countersign/plugin-host';
import fc from 'fast-check';
import { readChecksums } from './checksums.ts';

const api = createPluginApi({ get: () => expect(true).toBe(false) as never, ids: () => [] });
const read = (text: string) => readChecksums(text.split('\n'), api);
const sum = 'ab'.repeat(32);
const refused = (code: string) => expect.objectContaining({ code });

describe('checksums', () => {
  it('are read as helm writes them', () => {
    const name = fc.string({ unit: fc.constantFrom(...'abcXYZ0189.+-_'), minLength: 1 }).map((text) => `a${text}`);
    const digest = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1 }), digest, (names, digestHex) => {
        const lines = names.map((each) => `  ${each}: sha256:${digestHex}`);
        expect(read(['files:', ...lines, ''].join('\n'))).toEqual(names.map((each) => ({ name: each, digestHex })));
      }),
    );
  });

  it.each([
    ['spaces before a value', `files:\n a:   sha256:${sum}`],
    ['images before files', `images:\n  a: b\nfiles:\n  a: sha256:${sum}`],
    ['comments and empty lines', `\n# x\nfiles:\n\n  # y: z\n  a: sha256:${sum}\n`],
    ['quotes', `files:\n  'a': "sha256:${sum}"`],
  ])('may have %s', (_, text) => {
    expect(read(text)).toEqual([{ name: 'a', digestHex: sum }]);
  });

  it('name what they stand for: __proto__ is a file like any other', () => {
    expect(read(`files:\n  __proto__: sha256:${sum}`)).toEqual([{ name: '__proto__', digestHex: sum }]);
  });

  it.each([
    ['nothing', '', 'ERR_ENTRY_INVALID'],
    ['no file', 'files:', 'ERR_ENTRY_INVALID'],
    ['a file before any mapping', `  a: sha256:${sum}`, 'ERR_MALFORMED'],
    ['a file of images alone', `images:\n  a: sha256:${sum}`, 'ERR_ENTRY_INVALID'],
    ['another hash second', `files:\n  a: sha256:${sum}\n  b: md5:00`, 'ERR_ENTRY_INVALID'],
    ['the same name quoted', `files:\n  a: sha256:${sum}\n  "a": sha256:${sum}`, 'ERR_MALFORMED'],
    ['less space than before', `files:\n  a: sha256:${sum}\n b: sha256:${sum}`, 'ERR_MALFORMED'],
    ['space after a value', `files:\n  a: sha256:${sum} `, 'ERR_MALFORMED'],
    ['a carriage return', `files:\n  a: sha256:${sum}\r  b: c`, 'ERR_MALFORMED'],
    ['a line that another reader ends earlier', `files:\n  # x\r  b: c\n  a: sha256:${sum}`, 'ERR_MALFORMED'],
    ['a name in two lines for another reader', `files:\n  "a\u2028b": sha256:${sum}`, 'ERR_MALFORMED'],
    ['a name in two lines for a third', `files:\n  'a\u0085b': sha256:${sum}`, 'ERR_MALFORMED'],
    ['a list', 'files:\n  - a: b', 'ERR_MALFORMED'],
    ['an alias', 'files:\n  a: *b', 'ERR_MALFORMED'],
    ['a merge', 'files:\n  <<: b', 'ERR_MALFORMED'],
    ['an escape', `files:\n  "a\\n": sha256:${sum}`, 'ERR_MALFORMED'],
  ])('are refused with %s', (_, text, code) => {
    expect(() => read(text)).toThrow(refused(code));
  });

  it('are refused in a time that grows with their length', () => {
    for (const part of ['a:', ' ', '"', "'", '# ', 'a']) {
      expect(() => read(`files:\n${part.repeat(500_000)}\x01`)).toThrow(refused('ERR_MALFORMED'));
    }
  });
});
