import type { JsonValue } from '@countersign/encoding';
import { toHex } from '@countersign/encoding';
import { parseConsistencyProofV1, parseLogInfoV1 } from './log-info-v1.ts';

const malformed = expect.objectContaining({ code: 'ERR_MALFORMED' });
const hash = 'ab'.repeat(32);
const shard = { rootHash: hash, signedTreeHead: 'note', treeID: '6654867491807623878', treeSize: 7 };

describe('the state of a log (Rekor v1)', () => {
  it('is read', () => {
    const info = parseLogInfoV1({ ...shard, inactiveShards: [{ ...shard, treeID: '1', treeSize: 0 }] });
    expect(info.active).toMatchObject({ treeId: shard.treeID, treeSize: 7, checkpoint: 'note' });
    expect(toHex(info.active.rootHash)).toBe(hash);
    expect(info.inactive.map(({ treeId, treeSize }) => [treeId, treeSize])).toEqual([['1', 0]]);
  });

  it.each([[{}], [{ inactiveShards: null }], [{ inactiveShards: [] }]])('has no inactive shards in %j', (rest) => {
    expect(parseLogInfoV1({ ...shard, ...rest }).inactive).toEqual([]);
  });

  it.each<[string, JsonValue]>([
    ['null', null],
    ['a list', [shard]],
    ['nothing', {}],
    ['a tree id as a number', { ...shard, treeID: 1 }],
    ['a tree id in hex', { ...shard, treeID: '0x1' }],
    ['the tree id 0', { ...shard, treeID: '0' }],
    ['a tree id of 2^63', { ...shard, treeID: '9223372036854775808' }],
    ['a size as text', { ...shard, treeSize: '7' }],
    ['no root', { ...shard, rootHash: '' }],
    ['no checkpoint', { ...shard, signedTreeHead: null }],
    ['inactive shards as an object', { ...shard, inactiveShards: {} }],
    ['a bad inactive shard', { ...shard, inactiveShards: [null] }],
  ])('is not %s', (_, value) => {
    expect(() => parseLogInfoV1(value)).toThrow(malformed);
  });

  it('has at most 1024 inactive shards', () => {
    const inactiveShards = (count: number): JsonValue => Array.from({ length: count }, () => shard);
    expect(parseLogInfoV1({ ...shard, inactiveShards: inactiveShards(1024) }).inactive).toHaveLength(1024);
    expect(() => parseLogInfoV1({ ...shard, inactiveShards: inactiveShards(1025) })).toThrow(malformed);
  });
});

describe('a consistency proof (Rekor v1)', () => {
  it('is read', () => {
    const proof = parseConsistencyProofV1({ rootHash: hash, hashes: [hash] });
    expect([proof.rootHash, ...proof.hashes].map(toHex)).toEqual([hash, hash]);
    expect(parseConsistencyProofV1({ rootHash: hash, hashes: [] }).hashes).toEqual([]);
  });

  it.each<[JsonValue]>([
    [null],
    [{}],
    [{ hashes: [] }],
    [{ rootHash: hash, hashes: [''] }],
    [{ rootHash: hash, hashes: 'x' }],
  ])('is not %j', (value) => {
    expect(() => parseConsistencyProofV1(value)).toThrow(malformed);
  });
});
