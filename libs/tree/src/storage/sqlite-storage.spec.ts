import { statSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import Database from 'better-sqlite3';
import { shard, tempFolder } from '../../test/fixture.ts';
import { batchOf, itKeepsTrees, newLeaf } from '../../test/storage-suite.ts';
import { schemaVersion } from './schema.ts';
import { openWriter, sqliteLimits } from './sqlite-connection.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { openSqliteReader, openSqliteStorage } from './sqlite-storage.ts';
import { SqliteWriter } from './sqlite-writer.ts';
import { WalKeeper } from './wal-keeper.ts';

async function openIn(folder: string) {
  const path = join(folder, 'log.db');
  const storage = await openSqliteStorage(path);
  if ((await storage.shards()).length === 0) await storage.createShard(shard);
  return { path, storage };
}

itKeepsTrees(async () => {
  const path = join(tempFolder(), 'log.db');
  return { open: () => openSqliteStorage(path), openReader: () => openSqliteReader(path) };
});

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

  it('is not there for a reader before it is made', async () => {
    await expect(openSqliteReader(join(tempFolder(), 'log.db'))).rejects.toMatchObject({ code: 'ERR_STORAGE' });
  });

  it('that is no database is refused', async () => {
    await expect(openSqliteStorage(tempFolder())).rejects.toMatchObject({ code: 'ERR_STORAGE' });
  });
});

describe('a commit', () => {
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
