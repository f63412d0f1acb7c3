import { readFileSync } from 'node:fs';
import { type JsonObject, type JsonValue, parseJson, toBase64, toHex } from '@countersign/encoding';
import { limits } from './limits.ts';
import { parseLogEntryV1 } from './log-entry-v1.ts';

const malformed = expect.objectContaining({ code: 'ERR_MALFORMED' });
const tooLarge = expect.objectContaining({ code: 'ERR_TOO_LARGE' });
const hash = 'ab'.repeat(32);
const id = `0000000000000001${hash}`;
const proof = { checkpoint: 'text', hashes: [hash], logIndex: 0, rootHash: hash, treeSize: 1 };
const verification = { inclusionProof: proof, signedEntryTimestamp: 'AAAA' };
const entry = { body: 'e30=', integratedTime: 1, logID: hash, logIndex: 0, verification };
const withProof = (change: JsonObject): JsonObject => ({
  ...entry,
  verification: { ...verification, inclusionProof: { ...proof, ...change } },
});
const parse = (value: JsonValue) => parseLogEntryV1({ [id]: value });

describe('a log entry (Rekor v1)', () => {
  it('is read', () => {
    const read = parse({ ...entry, attestation: { data: 'AAA=' }, unknown: 1 });
    expect({
      ...read,
      body: toHex(read.body),
      attestation: toHex(read.attestation ?? new Uint8Array(0)),
    }).toMatchObject({
      id,
      body: '7b7d',
      integratedTime: 1,
      logId: hash,
      logIndex: 0,
      attestation: '0000',
      inclusionProof: { checkpoint: 'text', logIndex: 0, treeSize: 1 },
    });
    expect(read.inclusionProof.hashes.map(toHex)).toEqual([hash]);
    expect(toHex(read.inclusionProof.rootHash)).toBe(hash);
    expect(toHex(read.signedEntryTimestamp)).toBe('000000');
  });

  it('is read as the public-good instance writes it', () => {
    const json = parseJson(readFileSync(new URL('../test/public-good-entry.json', import.meta.url)));
    expect(parseLogEntryV1(json).inclusionProof.hashes).toHaveLength(11);
  });

  it.each([undefined, null, {}, { data: null }])('has no attestation in %j', (attestation) => {
    expect(parse({ ...entry, ...(attestation === undefined ? {} : { attestation }) }).attestation).toBeUndefined();
  });

  it.each([[undefined], [null], [[]]])('has no hashes in %j', (hashes) => {
    const { hashes: _, ...rest } = proof;
    const bare = { ...entry, verification: { ...verification, inclusionProof: rest } };
    expect(parse(hashes === undefined ? bare : withProof({ hashes })).inclusionProof.hashes).toEqual([]);
  });

  it.each<[string, JsonValue]>([
    ['a list', []],
    ['null', null],
    ['text', 'x'],
    ['no entry', {}],
    ['two entries', { [id]: entry, [hash]: entry }],
    ['an id of 63 digits', { [hash.slice(1)]: entry }],
    ['an id with other letters', { [hash.replace('a', 'g')]: entry }],
    ['the tree id 0', { [`${'0'.repeat(16)}${hash}`]: entry }],
    ['a tree id above 2^63-1', { [`8${'0'.repeat(15)}${hash}`]: entry }],
    ['the id __proto__', JSON.parse('{"__proto__":{}}') as JsonValue],
  ])('is not %s', (_, value) => {
    expect(() => parseLogEntryV1(value)).toThrow(malformed);
  });

  it.each<[string, JsonValue]>([
    ['nothing', {}],
    ['null', null],
    ['no body', { ...entry, body: null }],
    ['a body that is an object', { ...entry, body: {} }],
    ['a body that is no base64', { ...entry, body: 'e30' }],
    ['a time as text', { ...entry, integratedTime: '1' }],
    ['a negative time', { ...entry, integratedTime: -1 }],
    ['half a second', { ...entry, integratedTime: 0.5 }],
    ['a time of 2^53', { ...entry, integratedTime: 2 ** 53 }],
    ['an index as text', { ...entry, logIndex: '0' }],
    ['a negative index', { ...entry, logIndex: -1 }],
    ['a log id in upper case', { ...entry, logID: hash.toUpperCase() }],
    ['a short log id', { ...entry, logID: hash.slice(2) }],
    ['a log id as a number', { ...entry, logID: 1 }],
    ['an attestation as text', { ...entry, attestation: 'AAAA' }],
    ['attestation data as a number', { ...entry, attestation: { data: 1 } }],
    ['no verification', { ...entry, verification: null }],
    ['a verification that is a list', { ...entry, verification: [] }],
    ['no timestamp', { ...entry, verification: { inclusionProof: proof } }],
    ['no inclusion proof', { ...entry, verification: { signedEntryTimestamp: 'AAAA' } }],
    ['no checkpoint', withProof({ checkpoint: null })],
    ['hashes that are an object', withProof({ hashes: {} })],
    ['a hash as a number', withProof({ hashes: [1] })],
    ['a hash of 31 bytes', withProof({ hashes: [hash.slice(2)] })],
    ['a hash that is no hex', withProof({ hashes: [hash.replace('a', 'g')] })],
    ['a root in base64', withProof({ rootHash: toBase64(new Uint8Array(48)) })],
    ['no root', withProof({ rootHash: null })],
    ['a size as text', withProof({ treeSize: '1' })],
    ['a negative size', withProof({ treeSize: -1 })],
    ['a local index that is null', withProof({ logIndex: null })],
  ])('has not %s', (_, value) => {
    expect(() => parse(value)).toThrow(malformed);
  });

  it('keeps its limits', () => {
    const base64 = (size: number): string => toBase64(new Uint8Array(size));
    const signed = (size: number): JsonValue => ({
      ...entry,
      verification: { ...verification, signedEntryTimestamp: base64(size) },
    });
    expect(parse(signed(limits.timestampBytes)).signedEntryTimestamp).toHaveLength(limits.timestampBytes);
    expect(() => parse(signed(limits.timestampBytes + 1))).toThrow(tooLarge);
    expect(parse({ ...entry, body: base64(limits.bodyBytes) }).body).toHaveLength(limits.bodyBytes);
    expect(() => parse({ ...entry, body: base64(limits.bodyBytes + 1) })).toThrow(tooLarge);
    expect(() => parse({ ...entry, attestation: { data: base64(limits.attestationBytes + 1) } })).toThrow(tooLarge);
    const hashes = (count: number): JsonValue => withProof({ hashes: Array.from({ length: count }, () => hash) });
    expect(parse(hashes(64)).inclusionProof.hashes).toHaveLength(64);
    expect(() => parse(hashes(65))).toThrow(malformed);
    expect(parse(withProof({ checkpoint: 'x'.repeat(256 * 1024) })).id).toBe(id);
    expect(() => parse(withProof({ checkpoint: 'x'.repeat(256 * 1024 + 1) }))).toThrow(tooLarge);
  });
});
