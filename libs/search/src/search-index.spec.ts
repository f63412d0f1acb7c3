import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { leafHash, treeSize } from '@countersign/merkle';
import { type LeafId, leafId, openSqliteStorage, type TreeStorage } from '@countersign/tree';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { writeAnnex } from './annex.ts';
import { rebuildIndex } from './rebuild.ts';
import { type LeafQuery, SearchIndex } from './search-index.ts';
import { searchKeys } from './search-key.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A log of two shards and its index, in one folder. */
class Fixture {
  readonly folder = mkdtempSync(join(tmpdir(), 'countersign-search-'));
  readonly path = join(this.folder, 'search.sqlite');
  readonly warnings: string[] = [];
  /** The keys of every leaf. */
  readonly model = new Map<LeafId, readonly string[]>();
  readonly #sizes = [0, 0, 0];
  log!: TreeStorage;
  index!: SearchIndex;

  constructor() {
    folders.push(this.folder);
  }

  async openLog(): Promise<this> {
    this.log = await openSqliteStorage(join(this.folder, 'log.sqlite'));
    if ((await this.log.shards()).length === 0) for (const id of [1, 2]) await this.#createShard(id);
    return this;
  }

  /** The shard that grows. */
  get active(): number {
    return this.#sizes.length - 1;
  }

  /** Begins a new shard. */
  async roll(): Promise<void> {
    this.#sizes.push(0);
    await this.#createShard(this.active);
    this.index.follow({ id: this.active, treeId: `${this.active}`, size: 0 });
  }

  #createShard(id: number): Promise<void> {
    const record = { kind: 'x', treeId: `${id}`, origin: `${id}`, publicKey: new Uint8Array(1), createdAt: 1 };
    return this.log.createShard({ ...record, id, state: 'active' });
  }

  get shards() {
    return this.#sizes.map((size, id) => ({ id, treeId: `${id}`, size })).slice(1);
  }

  async openIndex(limits = {}, shards = this.shards): Promise<SearchIndex> {
    const logLocation = join(this.folder, 'log.sqlite');
    const onWarning = (message: string, cause?: unknown) => void this.warnings.push(`${message} ${cause ?? ''}`);
    this.index = await SearchIndex.open({ path: this.path, logLocation, log: this.log, shards, limits }, { onWarning });
    return this.index;
  }

  /** Commits leaves with these keys, and tells the index. */
  async append(leaves: readonly (readonly string[])[], shard = this.active): Promise<void> {
    const first = this.#sizes[shard] as number;
    const size = first + leaves.length;
    const stored = leaves.map((keys, at) => {
      const data = Buffer.from(`${shard} ${first + at}`);
      return { hash: leafHash(data), data, integratedTime: 1, identity: undefined, annex: writeAnnex(keys) };
    });
    const snapshot = { size: treeSize(size), root: new Uint8Array(32), checkpoint: `${size}` };
    const batch = { shard, first, leaves: stored, attachments: [], tiles: [], snapshot };
    await this.log.commit(batch);
    leaves.forEach((keys, at) => void this.model.set(leafId(shard, first + at), searchKeys(keys)));
    this.#sizes[shard] = size;
    if (shard === this.active && this.index !== undefined) this.index.committed(batch);
  }

  /** What the query must find, worked out from every leaf. */
  expected({ keys, prefixes, operator }: Pick<LeafQuery, 'keys' | 'prefixes' | 'operator'>): LeafId[] {
    const found = [...this.model].filter(([, has]) => {
      const hits = [
        ...keys.map((key) => has.includes(key.toLowerCase())),
        ...prefixes.map((prefix) => has.some((key) => key.startsWith(prefix.toLowerCase()))),
      ];
      return operator === 'and' ? hits.every(Boolean) : hits.some(Boolean);
    });
    return found.map(([leaf]) => leaf).sort((a, b) => b - a);
  }

  async covered(): Promise<void> {
    while (this.index.state.covered < this.model.size) {
      this.index.find({ keys: ['x'], prefixes: [], operator: 'or', limit: 1 });
      await setImmediate();
    }
  }

  async close(): Promise<void> {
    await this.index.close();
    await this.log.close();
  }
}

function all(index: SearchIndex, query: Pick<LeafQuery, 'keys' | 'prefixes' | 'operator'>, limit = 3): LeafId[] {
  const found: LeafId[] = [];
  let before: LeafId | undefined;
  do {
    const { leaves, next } = index.find({ ...query, limit, before });
    found.push(...leaves);
    before = next;
  } while (before !== undefined);
  return found;
}

const one = (key: string) => ({ keys: [key], prefixes: [], operator: 'or' as const });
const names = ['a', 'ab', 'AB', 'abc', 'b', 'ba', 'é', '😀'];
const small = { batchLeaves: 5, segmentLeaves: 2 };

it('answers as a model does, over batches, restarts, lost tails, and any paging', async () => {
  const key = fc.constantFrom(...names);
  const step = fc.oneof(
    fc.record({ append: fc.array(fc.uniqueArray(key, { maxLength: 4 }), { minLength: 1, maxLength: 9 }) }),
    fc.constantFrom({ roll: true }, { restart: {} }, { restart: { startEntries: 0 } }, { rest: true }),
    fc.constant({ restart: { tailBytes: 500 } }),
  );
  const query = fc.record({
    keys: fc.array(key, { maxLength: 3 }),
    prefixes: fc.array(key, { maxLength: 2 }),
    operator: fc.constantFrom('or' as const, 'and' as const),
    limit: fc.integer({ min: 1, max: 5 }),
  });
  const queries = fc.array(
    query.filter(({ keys, prefixes }) => keys.length + prefixes.length > 0),
    { minLength: 5 },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 8 }), queries, async (steps, asked) => {
      const fixture = await new Fixture().openLog();
      await fixture.append([['a'], ['b', 'ab']], 1);
      await fixture.openIndex(small);
      for (const each of steps) {
        if ('append' in each) await fixture.append(each.append);
        if ('roll' in each) await fixture.roll();
        if ('rest' in each) await fixture.covered();
        if ('restart' in each) {
          await fixture.index.close();
          await fixture.openIndex({ ...small, ...each.restart });
        }
        if (fixture.index.state.covered < fixture.model.size) await fixture.covered();
        for (const { limit, ...rest } of asked) {
          expect(all(fixture.index, rest, limit)).toEqual(fixture.expected(rest));
        }
      }
      expect(fixture.warnings).toEqual([]);
      await fixture.close();
    }),
    { numRuns: 12 },
  );
}, 120_000);

it('finds at once what was committed, also while it is written, and has nothing to do after a restart', async () => {
  const fixture = await new Fixture().openLog();
  const index = await fixture.openIndex(small);
  for (let n = 0; n < 18; n += 1) {
    await fixture.append([[`k${n}`, 'all']]);
    expect(index.find({ ...one(`K${n}`), limit: 9 }).leaves).toEqual([leafId(2, n)]);
    expect(index.state).toMatchObject({ covered: n + 1, total: n + 1, failures: 0 });
  }
  await fixture.append(Array(30).fill(['all']));
  // Batches of five go, and what is behind them stays.
  while (index.state.total - index.state.indexed >= 5) {
    expect(index.state.covered).toBe(48);
    expect(all(index, one('all'), 50)).toHaveLength(48);
    await setImmediate();
  }
  await index.close();
  expect((await fixture.openIndex(small)).state).toEqual({ covered: 48, indexed: 48, total: 48, failures: 0 });
  expect(all(fixture.index, one('all'))).toHaveLength(48);
  await fixture.close();
});

it('finds at once what was committed before and after a roll, and writes the rest of the frozen shard', async () => {
  const fixture = await new Fixture().openLog();
  const index = await fixture.openIndex();
  for (let roll = 0; roll < 3; roll += 1) {
    await fixture.append([['all'], [`of ${fixture.active}`]]);
    await fixture.roll();
    expect(index.state).toMatchObject({ covered: fixture.model.size, total: fixture.model.size });
    await fixture.append([['all', 'after']]);
    expect(index.state.covered).toBe(fixture.model.size);
    for (const key of ['all', 'after', 'of 2', 'of 3'])
      expect(all(index, one(key))).toEqual(fixture.expected(one(key)));
  }
  while (index.state.indexed < fixture.model.size - 1) await setImmediate();
  expect(all(index, one('all'))).toEqual(fixture.expected(one('all')));
  await index.close();
  expect((await fixture.openIndex()).state).toMatchObject({ indexed: fixture.model.size });
  await fixture.close();
});

it('says how far it is when more is missing than it reads at a start', async () => {
  const fixture = await new Fixture().openLog();
  await fixture.append(Array(9).fill(['all']), 1);
  await fixture.append(Array(8).fill(['all']));
  const index = await fixture.openIndex({ batchLeaves: 2, startEntries: 7 });
  const { covered, indexed } = index.state;
  expect(covered).toBeLessThan(17);
  expect(indexed).toBe(covered);
  await fixture.covered();
  expect(all(index, one('all'))).toHaveLength(17);
  await fixture.close();
});

it.each<[string, (fixture: Fixture) => void | Promise<void>, RegExp]>([
  [
    'garbage',
    ({ path }) => writeFileSync(path, 'not a database, but long enough to be taken for one'),
    /not a database/,
  ],
  ['another database', async ({ path }) => (await openSqliteStorage(path)).close(), /made again/],
])('makes a new index of %s', async (_, spoil, says) => {
  const fixture = await new Fixture().openLog();
  await fixture.append([['a'], ['b']]);
  await (await fixture.openIndex()).close();
  rmSync(fixture.path);
  await spoil(fixture);
  const index = await fixture.openIndex();
  expect(fixture.warnings).toEqual([expect.stringMatching(says)]);
  expect(all(index, one('b'))).toEqual([leafId(2, 1)]);
  await fixture.close();
});

it.each<[string, (shards: Fixture['shards']) => Fixture['shards'], RegExp]>([
  ['knows a tree that is another', ([one, two]) => [one, { ...two, treeId: '7' }] as never, /of tree 2, which is not/],
  ['knows a tree that is not here', ([one]) => [one] as never, /of tree 2, which is not/],
  ['is ahead of its log', ([one, two]) => [one, { ...two, size: 2 }] as never, /3 entries of tree 2, the tree has 2/],
])('makes a new index when that %s', async (_, change, says) => {
  const fixture = await new Fixture().openLog();
  await fixture.append([['a'], ['b'], ['c']]);
  await (await fixture.openIndex()).close();
  const index = await fixture.openIndex({}, change(fixture.shards));
  expect(fixture.warnings).toEqual([expect.stringMatching(says)]);
  expect(index.state.covered).toBe(index.state.total);
  await fixture.close();
});

it('makes a new index when its last entry is another one', async () => {
  const fixture = await new Fixture().openLog();
  await fixture.append([['c'], ['d']]);
  await (await fixture.openIndex()).close();
  const file = new Database(fixture.path);
  file.prepare('UPDATE indexed SET last_hash = ? WHERE shard = 2').run(leafHash(Buffer.from('another')));
  file.close();
  const index = await fixture.openIndex();
  expect(fixture.warnings).toEqual([expect.stringMatching(/entry 1 of tree 2 is another one/)]);
  expect(all(index, one('d'))).toEqual([leafId(2, 1)]);
  await fixture.close();
});

it('finds damage while it runs, and makes a new index', async () => {
  const fixture = await new Fixture().openLog();
  await fixture.append(Array.from({ length: 3000 }, (_, n) => [`key ${n}`]));
  await (await fixture.openIndex()).close();
  // The pages behind the third hold the rows.
  const { size } = statSync(fixture.path);
  const file = openSync(fixture.path, 'r+');
  writeSync(file, Buffer.alloc(size - 3 * 4096, 0x5a), 0, size - 3 * 4096, 3 * 4096);
  closeSync(file);
  const index = await fixture.openIndex();
  expect(() => all(index, one('key 5'))).toThrow(expect.objectContaining({ code: 'ERR_INDEX_BEHIND' }));
  expect(index.state).toMatchObject({ covered: 0, failures: 1 });
  while (index.state.covered < 3000) await setImmediate();
  expect(all(index, one('key 5'))).toEqual([leafId(2, 5)]);
  await fixture.append([['later']]);
  expect(all(index, one('later'))).toEqual([leafId(2, 3000)]);
  await fixture.close();
});

it('never fails a commit: what cannot be written is told and tried again', async () => {
  const fixture = await new Fixture().openLog();
  mkdirSync(fixture.path);
  const index = await fixture.openIndex(small);
  await fixture.append([['a']]);
  expect(fixture.warnings).toEqual([expect.stringMatching(/search index failed/)]);
  expect(index.state.covered).toBe(0);
  expect(() => all(index, one('a'))).toThrow(expect.objectContaining({ code: 'ERR_INDEX_BEHIND' }));
  expect(fixture.warnings).toHaveLength(1);
  expect(index.state.failures).toBeGreaterThan(0);
  rmdirSync(fixture.path);
  while (index.state.covered < 1) {
    await setImmediate();
    try {
      all(index, one('a'));
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_INDEX_BEHIND' });
    }
  }
  expect(all(index, one('a'))).toEqual([leafId(2, 0)]);
  await fixture.close();
});

it('refuses a prefix of more than 10,000 keys, indexed or not', async () => {
  const fixture = await new Fixture().openLog();
  const index = await fixture.openIndex();
  const prefix = { keys: [], prefixes: ['k'], operator: 'or' as const };
  await fixture.append(Array.from({ length: 10_000 }, (_, n) => [`k${n}`]));
  expect(all(index, prefix, 1000)).toHaveLength(10_000);
  await index.close();
  await fixture.openIndex();
  expect(all(fixture.index, prefix, 1000)).toHaveLength(10_000);
  await fixture.append([['l']]);
  expect(all(fixture.index, prefix, 1000)).toHaveLength(10_000);
  await fixture.append([['k']]);
  await fixture.index.close();
  await fixture.openIndex();
  expect(() => all(fixture.index, prefix)).toThrow(
    expect.objectContaining({ code: 'ERR_SEARCH_TOO_BROAD', message: expect.stringContaining('a longer prefix') }),
  );
  await fixture.close();
});

it('reads an annex that is none as no keys, and says so', async () => {
  const fixture = await new Fixture().openLog();
  await fixture.append([['a'], ['b']]);
  const { commit } = fixture.log;
  fixture.log.commit = (batch) =>
    commit({ ...batch, leaves: batch.leaves.map((leaf) => ({ ...leaf, annex: Buffer.from('{') })) });
  await fixture.append([['gone']]);
  fixture.model.set(leafId(2, 2), []);
  const index = await fixture.openIndex();
  expect(all(index, one('a'))).toEqual([leafId(2, 0)]);
  await index.close();
  expect(fixture.warnings).toEqual([expect.stringMatching(/^1 entries of shard 2 before 3 have no readable/)]);
  await fixture.log.close();
});

describe('rebuildIndex', () => {
  it('makes an index that answers the same, and leaves the old one until it is done', async () => {
    const fixture = await new Fixture().openLog();
    await fixture.append([['a', 'A'], ['b']], 1);
    await fixture.append(Array.from({ length: 20 }, (_, n) => [`k${n}`, 'all']));
    await (await fixture.openIndex()).close();
    const progress: number[][] = [];
    const broken = { ...fixture.log, annexes: async () => [] };
    await expect(rebuildIndex(fixture.path, broken, fixture.shards)).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    expect((await fixture.openIndex()).state.indexed).toBe(22);
    await fixture.index.close();

    writeFileSync(`${fixture.path}.new`, 'of a rebuild that broke off');
    expect(
      await rebuildIndex(fixture.path, fixture.log, fixture.shards, (...told) => void progress.push(told)),
    ).toEqual({ entries: 22, keys: 42 });
    expect(progress).toEqual([
      [2, 22],
      [22, 22],
    ]);
    const index = await fixture.openIndex();
    expect(index.state).toEqual({ covered: 22, indexed: 22, total: 22, failures: 0 });
    for (const key of ['a', 'b', 'all', 'k7']) expect(all(index, one(key))).toEqual(fixture.expected(one(key)));
    await fixture.close();
    expect(fixture.warnings).toEqual([]);
  });
});
