import { toHex } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { type LeafId, leafId, shardIndex } from '@countersign/tree';
import type { EntryIndex, IndexQuery } from './entry-index.ts';
import { virtualIndex } from './indexes.ts';
import { LogSearch } from './log-search.ts';
import type { Shard } from './shard.ts';
import { Shards } from './shards.ts';

const hashOf = (shard: number, index: number) => new Uint8Array(32).fill(16 * shard + index);

/** A shard whose leaves have heads and nothing more. */
function shard(id: number, size: number, state: 'active' | 'frozen'): Shard {
  const entry = async (index: number) => ({ data: Buffer.from(`${id} ${index}`) });
  const heads = async (indexes: readonly number[]) =>
    indexes.map((index) => ({ index: shardIndex(index), hash: hashOf(id, index), integratedTime: 1000 * id + index }));
  return {
    record: { id, treeId: `${id}` },
    tree: { snapshot: { size }, heads, entry, frozen: state === 'frozen' },
  } as never;
}

const shards = new Shards([shard(3, 4, 'frozen'), shard(7, 5, 'active')]);
const all = [...[4, 3, 2, 1, 0].map((n) => leafId(7, n)), ...[3, 2, 1, 0].map((n) => leafId(3, n))];

/** An index of those leaves, by whatever key. */
function indexOf(leaves: readonly LeafId[], state = { covered: 9, indexed: 9, total: 9, failures: 0 }) {
  const asked: IndexQuery[] = [];
  const index: EntryIndex = {
    state,
    follow: () => undefined,
    committed: () => undefined,
    find: (query) => {
      asked.push(query);
      const rest = leaves.filter((leaf) => query.before === undefined || leaf < query.before);
      const page = rest.slice(0, query.limit);
      return { leaves: page, next: rest.length > query.limit ? page.at(-1) : undefined };
    },
  };
  const display = async (body: Uint8Array) => {
    const title = Buffer.from(body).toString();
    if (title === '7 0') throw new CountersignError('ERR_ENTRY_KIND_UNKNOWN', 'no such kind');
    return { kind: 'any', title };
  };
  return { asked, search: new LogSearch(shards, index, display) };
}

const criteria = { keys: ['a'], prefixes: ['b'], operator: 'and' as const };

describe('LogSearch', () => {
  it('speaks of entries over all shards', async () => {
    const { search, asked } = indexOf(all);
    const { entries, ...rest } = await search.page(criteria, 3, virtualIndex(6));
    expect(asked).toEqual([{ ...criteria, limit: 3, before: leafId(7, 2) }]);
    expect(entries).toStrictEqual([
      {
        id: `${'7'.padStart(16, '0')}${toHex(hashOf(7, 1))}`,
        logIndex: 5,
        integratedTime: 7001,
        display: { kind: 'any', title: '7 1' },
      },
      { id: `${'7'.padStart(16, '0')}${toHex(hashOf(7, 0))}`, logIndex: 4, integratedTime: 7000, display: undefined },
      {
        id: `${'3'.padStart(16, '0')}${toHex(hashOf(3, 3))}`,
        logIndex: 3,
        integratedTime: 3003,
        display: { kind: 'any', title: '3 3' },
      },
    ]);
    expect(rest).toEqual({ next: 3, indexedTo: 9, treeSize: 9 });
    expect((await search.page(criteria, 3, virtualIndex(3))).next).toBeUndefined();
    expect((await search.page(criteria, 9, virtualIndex(2 ** 53 - 1))).entries).toHaveLength(9);
  });

  it('gives all at once, or nothing when the index is behind', async () => {
    expect((await indexOf(all).search.all(criteria)).map((id) => id.slice(16, 18))).toHaveLength(9);
    const behind = indexOf(all, { covered: 8, indexed: 8, total: 9, failures: 0 }).search;
    await expect(behind.all(criteria)).rejects.toMatchObject({
      code: 'ERR_INDEX_BEHIND',
      message: expect.stringContaining('8 of 9'),
    });
    expect(await behind.page(criteria, 1)).toMatchObject({ indexedTo: 8, treeSize: 9 });
  });

  it('refuses more than 100,000 at once', async () => {
    const many = (count: number) => indexOf(Array.from({ length: count }, (_, n) => leafId(7, count - n))).search;
    const plenty = Object.assign(shards.active.tree, {
      heads: async (indexes: readonly number[]) =>
        indexes.map((index) => ({ index: shardIndex(index), hash: hashOf(7, 0), integratedTime: 1 })),
    });
    expect(plenty).toBeDefined();
    expect(await many(100_000).all(criteria)).toHaveLength(100_000);
    const refused = await many(100_001)
      .all(criteria)
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(CountersignError);
    expect(refused).toMatchObject({ code: 'ERR_SEARCH_TOO_BROAD', message: expect.stringContaining('index/search') });
  });
});
