import type { PluginApi } from '@countersign/plugin-api';
import { createPluginApi } from '@countersign/plugin-host';
import { limits } from './limits.ts';
import { statementDigests } from './statement.ts';

const api = createPluginApi({} as PluginApi['pki']);
const digests = (payload: string | Uint8Array, payloadType = 'application/vnd.in-toto+json') =>
  statementDigests({ payloadType, payload: Buffer.from(payload), signed: new Uint8Array(), signatures: [] }, api);
const statement = (subject: unknown, predicate?: unknown) => JSON.stringify({ subject, predicate });

describe('the digests of a statement', () => {
  it('are those of subjects and materials', () => {
    const subject = [{ digest: { sha256: 'a', sha512: 'b' } }, { digest: { sha1: 'c' } }];
    expect(digests(statement(subject, { materials: [{ digest: { gitCommit: 'D' } }] }))).toEqual([
      'sha256:a',
      'sha512:b',
      'sha1:c',
      'gitCommit:D',
    ]);
  });

  it('are none of another payload type', () => {
    expect(digests(statement([{ digest: { sha256: 'a' } }]), 'application/json')).toEqual([]);
  });

  it.each([
    ['', []],
    ['null', []],
    ['[]', []],
    ['{"subject":{}}', []],
    ['{"subject":[1,{"digest":{"a":"b"}}]}', []],
    ['{"subject":[{"digest":[]}]}', []],
    ['{"subject":[{"digest":{"sha256":1}}]}', []],
    ['{"subject":[{"digest":{"sha256":null}}]}', ['sha256:']],
    ['{"subject":[null,{},{"digest":null}]}', []],
    ['{"subject":[{"digest":{"a":"b"}}],"predicate":[]}', ['a:b']],
    ['{"subject":[{"digest":{"a":"b"}}],"predicate":{"materials":1}}', ['a:b']],
    ['{"predicate":{"materials":[{"digest":{"a":"b"}}]}}', ['a:b']],
    ['{"SUBJECT":[{"Digest":{"__proto__":"b"}}]}', ['__proto__:b']],
    ['{"subject":[],"Subject":[{"digest":{"a":"b"}}]}', ['a:b']],
    ['\ufeff{"subject":[{"digest":{"a":"b"}}]}', []],
  ])('of %s', (payload, expected) => {
    expect(digests(payload)).toEqual(expected);
  });

  it(`are at most ${limits.digests}`, () => {
    const subject = (count: number) => Array.from({ length: count }, () => ({ digest: { a: 'b' } }));
    const most = statement(subject(limits.digests - 1), { materials: subject(1) });
    expect(digests(most)).toHaveLength(limits.digests);
    expect(() => digests(statement(subject(limits.digests), { materials: subject(1) }))).toThrow(
      expect.objectContaining({ code: 'ERR_TOO_LARGE' }),
    );
  });
});
