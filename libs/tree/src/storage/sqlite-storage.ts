import type { TreeReader, TreeStorage } from '../storage.ts';
import { migrate } from './schema.ts';
import { guard, openReader, openWriter } from './sqlite-connection.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { SqliteWriter } from './sqlite-writer.ts';
import { WalKeeper } from './wal-keeper.ts';

/**
 * Opens the SQLite file that holds a node's trees, made when it is not there. Its data folder must be locked:
 * see {@link lockDataFolder}. Work is synchronous under the asynchronous interface: a commit is one transaction,
 * on disk when it returns, since `synchronous` is FULL; a read takes microseconds.
 *
 * Throws `ERR_STORAGE`.
 */
export async function openSqliteStorage(path: string): Promise<TreeStorage> {
  try {
    await migrate(path);
  } catch (cause) {
    guard(() => {
      throw cause;
    });
  }
  return guard(() => {
    const writable = openWriter(path);
    const readable = openReader(path);
    const writer = new SqliteWriter(writable);
    const reader = new SqliteReader(readable);
    // Each commit empties the other connection's page cache. The pages of this look-up are the ones the commit writes next.
    const dedupe = new SqliteReader(writable);
    const wal = new WalKeeper(writable, path);
    return {
      ...readerOf(reader),
      createShard: async (shard) => guard(() => writer.createShard(shard)),
      freezeShard: async (shard, successor) => guard(() => writer.freezeShard(shard, successor)),
      commit: async (batch) => {
        guard(() => writer.commit(batch));
        wal.committed();
      },
      find: async (shard, identity) => guard(() => dedupe.find(shard, identity)),
      close: async () => {
        wal.stop();
        readable.close();
        writable.close();
      },
    };
  });
}

/**
 * Opens the same file to read only, beside its writer or when there is none: for another thread, or another process.
 *
 * Throws `ERR_STORAGE`, also when there is no such file.
 */
export async function openSqliteReader(path: string): Promise<TreeReader> {
  return guard(() => {
    const database = openReader(path);
    const reader = new SqliteReader(database);
    return {
      ...readerOf(reader),
      find: async (shard, identity) => guard(() => reader.find(shard, identity)),
      close: async () => void database.close(),
    };
  });
}

function readerOf(reader: SqliteReader): Omit<TreeReader, 'close' | 'find'> {
  return {
    shards: async () => guard(() => reader.shards()),
    latest: async (shard) => guard(() => reader.latest(shard)),
    leaf: async (shard, index) => guard(() => reader.leaf(shard, index)),
    leaves: async (shard, from, count) => guard(() => reader.leaves(shard, from, count)),
    leafHashes: async (shard, from, count) => guard(() => reader.leafHashes(shard, from, count)),
    leafHeads: async (shard, indexes) => guard(() => reader.leafHeads(shard, indexes)),
    annexes: async (shard, from, count, bytes) => guard(() => reader.annexes(shard, from, count, bytes)),
    attachments: async (shard, from, count) => guard(() => reader.attachments(shard, from, count)),
    tile: async (shard, level, index) => guard(() => reader.tile(shard, level, index)),
  };
}
