import { statSync } from 'node:fs';
import { join } from 'node:path';
import { leafHash, treeSize } from '@countersign/merkle';
import { jest } from '@jest/globals';
import Database from 'better-sqlite3';
import { leafData, shard, tempFolder } from '../../test/fixture.ts';
import { fullTileBytes } from '../full-tile.ts';
import { leafChecksum } from '../leaf-checksum.ts';
import { leafId } from '../leaf-id.ts';
import { maxShardId } from '../limits.ts';
import type { CommitBatch, NewLeaf } from '../storage.ts';
import { schemaVersion } from './schema.ts';
import { openWriter, sqliteLimits } from './sqlite-connection.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { openSqliteReader, openSqliteStorage } from './sqlite-storage.ts';
import { SqliteWriter } from './sqlite-writer.ts';
import { WalKeeper } from './wal-keeper.ts';

function newLeaf(n: number, more: Partial<NewLeaf> = {}): NewLeaf {
  const data = leafData(n);
  return { hash: leafHash(data), data, integratedTime: 1000 + n, identity: undefined, annex: undefined, ...more };
}

function batchOf(first: number, leaves: readonly NewLeaf[], more: Partial<CommitBatch> = {}): CommitBatch {
  const size = first + leaves.length;
  const snapshot = { size: treeSize(size), root: new Uint8Array(32).fill(size), checkpoint: `checkpoint ${size}\n` };
  return { shard: 1, first, leaves, tiles: [], snapshot, ...more };
}

async function openIn(folder: string) {
  const path = join(folder, 'log.db');
  const storage = await openSqliteStorage(path);
  if ((await storage.shards()).length === 0) await storage.createShard(shard);
  return { path, storage };
}

describe('the database', () => {
  it('waits for the disk with every commit, also when it is opened again', async () => {
    const { path, storage } = await openIn(tempFolder());
    await storage.close();
    const full = 2;
    for (let open = 0; open < 2; open += 1) {
      const writer = openWriter(path);
      expect(writer.pragma('synchronous', { simple: true })).toBe(full);
      expect(writer.pragma('journal_mode', { simple: true })).toBe('wal');
      expect(writer.pragma('foreign_keys', { simple: true })).toBe(1);
      writer.close();
    }
    // What would happen without care: WAL files come back at NORMAL.
    const careless = new Database(path);
    expect(careless.pragma('synchronous', { simple: true })).toBe(1);
    careless.close();
  });

  it('is migrated once, and refused when it is of a newer version', async () => {
    const { path, storage } = await openIn(tempFolder());
    await storage.close();
    const database = new Database(path);
    expect(database.pragma('user_version', { simple: true })).toBe(schemaVersion);
    expect(database.prepare('SELECT count(*) FROM migrations').pluck().get()).toBe(schemaVersion);
    database.pragma(`user_version = ${schemaVersion + 1}`);
    database.close();
    await expect(openSqliteStorage(path)).rejects.toMatchObject({
      code: 'ERR_STORAGE',
      message: expect.stringContaining('newer version'),
    });
  });

  it('that is no database is refused', async () => {
    await expect(openSqliteStorage(tempFolder())).rejects.toMatchObject({ code: 'ERR_STORAGE' });
  });
});

describe('shards', () => {
  it('are kept as they were made', async () => {
    const folder = tempFolder();
    const { storage } = await openIn(folder);
    const second = { ...shard, id: maxShardId, treeId: '9223372036854775807', kind: 'ct', state: 'frozen' as const };
    await storage.createShard(second);
    await storage.close();
    const again = await openIn(folder);
    expect(await again.storage.shards()).toEqual([shard, second]);
    await again.storage.close();
  });

  it('have an id and a tree id of their own', async () => {
    const { storage } = await openIn(tempFolder());
    await expect(storage.createShard({ ...shard, treeId: '1' })).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    await expect(storage.createShard({ ...shard, id: 2 })).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    for (const id of [0, maxShardId + 1, 1.5]) {
      await expect(storage.createShard({ ...shard, id, treeId: '1' })).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    }
    await storage.close();
  });

  it('are frozen for good, together with the one that follows, or not at all', async () => {
    const folder = tempFolder();
    const { storage } = await openIn(folder);
    const next = { ...shard, id: 2, treeId: '2' };
    await storage.commit(batchOf(0, [newLeaf(0)]));
    for (const taken of [shard, { ...next, treeId: shard.treeId }, { ...next, id: 0 }]) {
      await expect(storage.freezeShard(1, taken)).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    }
    await expect(storage.freezeShard(7, next)).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    expect(await storage.shards()).toEqual([shard]);
    await storage.freezeShard(1, next);
    await storage.close();

    const again = await openIn(folder);
    const frozen = { ...shard, state: 'frozen' };
    expect(await again.storage.shards()).toEqual([frozen, next]);
    for (const leaves of [[newLeaf(1)], []]) {
      await expect(again.storage.commit(batchOf(1, leaves))).rejects.toMatchObject({ code: 'ERR_SHARD_FROZEN' });
    }
    expect((await again.storage.latest(1))?.size).toBe(1);
    await again.storage.commit(batchOf(0, [newLeaf(1)], { shard: 2 }));
    await again.storage.freezeShard(1);
    expect(await again.storage.shards()).toEqual([frozen, next]);
    await again.storage.close();
  });

  it('do not see each other', async () => {
    const { storage } = await openIn(tempFolder());
    await storage.createShard({ ...shard, id: 2, treeId: '2' });
    await storage.commit(batchOf(0, [newLeaf(1)]));
    expect(await storage.find(2, newLeaf(1).hash)).toBeUndefined();
    expect(await storage.leaf(2, 0)).toBeUndefined();
    expect(await storage.latest(2)).toBeUndefined();
    await storage.commit(batchOf(0, [newLeaf(2), newLeaf(1)], { shard: 2 }));
    expect(await storage.find(1, newLeaf(1).hash)).toBe(0);
    expect(await storage.find(2, newLeaf(1).hash)).toBe(1);
    expect(await storage.leaves(1, 0, 10)).toHaveLength(1);
    await storage.close();
  });
});

describe('a commit', () => {
  it('stores everything it was given', async () => {
    const folder = tempFolder();
    const { storage } = await openIn(folder);
    expect(await storage.latest(1)).toBeUndefined();
    const leaves = [newLeaf(0), newLeaf(1, { identity: new Uint8Array(32).fill(5), annex: new Uint8Array([1]) })];
    const nodes = new Uint8Array(fullTileBytes).fill(3);
    const batch = batchOf(0, leaves, { tiles: [{ level: 4, index: 2 ** 32 - 1, nodes }] });
    await storage.commit(batch);
    await storage.close();

    const again = await openIn(folder);
    expect(await again.storage.latest(1)).toEqual(batch.snapshot);
    const stored = leaves.map((leaf, index) => ({
      ...leaf,
      hash: new Uint8Array(leaf.hash),
      index,
      checksum: leafChecksum(leafId(1, index), leaf),
    }));
    expect(await again.storage.leaves(1, 0, 5)).toEqual(stored);
    expect(await again.storage.leaf(1, 1)).toEqual(stored[1]);
    expect(await again.storage.leafHashes(1, 1, 5)).toEqual([stored[1]?.hash]);
    expect(await again.storage.tile(1, 4, 2 ** 32 - 1)).toEqual(nodes);
    expect(await again.storage.tile(1, 4, 2 ** 32 - 2)).toBeUndefined();
    expect(await again.storage.find(1, new Uint8Array(32).fill(5))).toBe(1);
    expect(await again.storage.find(1, newLeaf(1).hash)).toBeUndefined();
    await again.storage.close();
  });

  it.each([0, 1, 3])('is refused when it begins at %i of 2', async (first) => {
    const { storage } = await openIn(tempFolder());
    await storage.commit(batchOf(0, [newLeaf(0), newLeaf(1)]));
    await expect(storage.commit(batchOf(first, [newLeaf(9)]))).rejects.toMatchObject({
      code: 'ERR_STORAGE',
      details: { expected: first, found: 2 },
    });
    expect((await storage.latest(1))?.size).toBe(2);
    expect(await storage.find(1, newLeaf(9).hash)).toBeUndefined();
    await storage.close();
  });

  it('that fails half-way leaves nothing', async () => {
    const { storage } = await openIn(tempFolder());
    const tile = { level: 0, index: 0, nodes: new Uint8Array(4) };
    await expect(storage.commit(batchOf(0, [newLeaf(0)], { tiles: [tile, tile] }))).rejects.toMatchObject({
      code: 'ERR_STORAGE',
    });
    expect(await storage.latest(1)).toBeUndefined();
    expect(await storage.leaf(1, 0)).toBeUndefined();
    expect(await storage.tile(1, 0, 0)).toBeUndefined();
    await storage.commit(batchOf(0, [newLeaf(0)]));
    await storage.close();
  });

  it('that the disk has no room for is an error and no loss', async () => {
    const { path, storage } = await openIn(tempFolder());
    await storage.commit(batchOf(0, [newLeaf(0)]));
    await storage.close();
    const database = openWriter(path);
    const writer = new SqliteWriter(database);
    const pages = Number(database.pragma('page_count', { simple: true }));
    const large = batchOf(1, [newLeaf(1, { data: new Uint8Array(2 ** 20) })]);
    database.pragma(`max_page_count = ${pages + 10}`);
    expect(() => writer.commit(large)).toThrow(expect.objectContaining({ code: 'SQLITE_FULL' }));
    expect(new SqliteReader(database).latest(1)?.size).toBe(1);
    database.pragma(`max_page_count = ${pages + 1000}`);
    writer.commit(large);
    expect(new SqliteReader(database).latest(1)?.size).toBe(2);
    database.close();
  });
});

describe('identities', () => {
  it('with the same first half are told apart', async () => {
    const { storage } = await openIn(tempFolder());
    const alike = (last: number): Uint8Array => new Uint8Array(32).fill(7).fill(last, 31);
    await storage.commit(batchOf(0, [newLeaf(0, { identity: alike(0) }), newLeaf(1, { identity: alike(1) })]));
    expect(await storage.find(1, alike(0))).toBe(0);
    expect(await storage.find(1, alike(1))).toBe(1);
    expect(await storage.find(1, alike(2))).toBeUndefined();
    await storage.close();
  });
});

describe('the write-ahead log', () => {
  it('is emptied when no commit came for a while', async () => {
    jest.useFakeTimers();
    try {
      const { path, storage } = await openIn(tempFolder());
      await storage.commit(batchOf(0, [newLeaf(0, { data: new Uint8Array(2 ** 20) })]));
      expect(statSync(`${path}-wal`).size).toBeGreaterThan(2 ** 20);
      jest.advanceTimersByTime(sqliteLimits.idleMs - 1);
      expect(statSync(`${path}-wal`).size).toBeGreaterThan(2 ** 20);
      jest.advanceTimersByTime(1);
      expect(statSync(`${path}-wal`).size).toBe(0);
      expect(await storage.leaf(1, 0)).toMatchObject({ index: 0 });
      await storage.close();
    } finally {
      jest.useRealTimers();
    }
  });

  it('grows while somebody else reads, and shrinks once they have stopped', async () => {
    const { path, storage } = await openIn(tempFolder());
    await storage.close();
    const writer = openWriter(path);
    const keeper = new WalKeeper(writer, path, { walBytes: 2 ** 20, walCheckCommits: 4 });
    const add = writer.prepare('INSERT INTO tile (nodes) VALUES (?)');
    const commit = (count: number): void => {
      for (let n = 0; n < count; n += 1) {
        add.run(new Uint8Array(100_000));
        keeper.committed();
      }
    };
    const other = new Database(path, { readonly: true });
    const reading = other.prepare('SELECT 1 FROM shard').iterate();
    reading.next();
    commit(40);
    expect(keeper.size()).toBeGreaterThan(40 * 100_000);
    reading.return?.();
    commit(4);
    expect(keeper.size()).toBe(0);
    commit(40);
    expect(keeper.size()).toBeLessThan(2 * 2 ** 20);
    other.close();
    keeper.stop();
    writer.close();
  });
});

describe('a reader', () => {
  const annex = (length: number) => ({ annex: new Uint8Array(length).fill(1) });

  it('sees what the writer has committed, and cannot be there before it', async () => {
    const folder = tempFolder();
    await expect(openSqliteReader(join(folder, 'log.db'))).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    const { path, storage } = await openIn(folder);
    const reader = await openSqliteReader(path);
    await storage.commit(batchOf(0, [newLeaf(0), newLeaf(1)]));
    expect(await reader.latest(1)).toEqual(await storage.latest(1));
    expect(await reader.leaf(1, 1)).toEqual(await storage.leaf(1, 1));
    expect(await reader.find(1, leafHash(leafData(1)))).toBe(1);
    await reader.close();
    await storage.close();
  });

  it('reads annexes up to a number of bytes, and one in any case', async () => {
    const { storage } = await openIn(tempFolder());
    await storage.commit(batchOf(0, [newLeaf(0, annex(10)), newLeaf(1), newLeaf(2, annex(10)), newLeaf(3, annex(1))]));
    const lengths = async (from: number, count: number, bytes: number) =>
      (await storage.annexes(1, from, count, bytes)).map((leaf) => [leaf.index, leaf.annex?.length]);
    expect(await lengths(0, 9, 20)).toEqual([
      [0, 10],
      [1, undefined],
      [2, 10],
    ]);
    expect(await lengths(0, 9, 19)).toHaveLength(2);
    expect(await lengths(0, 9, 21)).toHaveLength(4);
    expect(await lengths(0, 9, 0)).toHaveLength(1);
    expect(await lengths(2, 1, 0)).toEqual([[2, 10]]);
    expect(await lengths(4, 9, 9)).toEqual([]);
    await storage.close();
  });

  it('reads heads in the order asked for, without those that are missing', async () => {
    const { storage } = await openIn(tempFolder());
    await storage.commit(batchOf(0, [newLeaf(0), newLeaf(1), newLeaf(2)]));
    const [two, none, zero] = [2, 3, 0];
    expect(await storage.leafHeads(1, [two, none, zero])).toEqual(
      [two, zero].map((n) => ({ index: n, hash: leafHash(leafData(n)), integratedTime: 1000 + n })),
    );
    await storage.close();
  });
});
