import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { CountersignError } from '@countersign/errors';
import { checkpointReader, keyFile, listShards, type ShardSummary } from '@countersign/log';
import {
  AnchorFile,
  copyTrees,
  type Lease,
  leaseLimits,
  lockDataFolder,
  openPostgresStorage,
  openSqliteReader,
  openSqliteStorage,
  type ShardRecord,
  type SharedStorage,
  syncFolder,
} from '@countersign/tree';
import { dataFiles } from '../data-files.ts';
import { guardFiles } from './durable-file.ts';
import { checkShardsIn } from './stored-shards.ts';
import { refuseDatabase } from './unfinished.ts';

/** What {@link migrate} copies, and where to: a data folder and a PostgreSQL database, in either order. */
export interface MigrateSetup {
  /** A data folder, or `postgresql://…`. No node may run on it. */
  readonly from: string;
  /** The other of the two, without a log; or where a migration of the same log was interrupted. */
  readonly to: string;
  /** Told how many of the log's entries are copied. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What was migrated. */
export interface Migrated {
  /** The data folder: its keys and anchors are the log's, before and after. */
  readonly data: string;
  readonly shards: readonly ShardSummary[];
  readonly entries: number;
  /** Key files that are still to be put into the folder before a node starts on it. */
  readonly missingKeys: readonly string[];
  /** Where the folder's database is kept that was copied from, so that no node starts on it. */
  readonly kept?: string;
}

type Progress = MigrateSetup['onProgress'];

/** Whether something names a PostgreSQL database, and not a folder. */
export function isDatabaseUrl(text: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(text);
}

/**
 * Copies a log between the SQLite file of a data folder and a PostgreSQL database: see {@link copyTrees}. Keys and anchors stay
 * in the folder, which the node has with either. The source must extend the folder's anchors, and so must what comes of it.
 *
 * @throws `ERR_CONFIG_INVALID` unless it is one of each; `ERR_DATA_LOCKED` when a node runs on either; `ERR_LEASE_LOST` when one
 * was started meanwhile; `ERR_STORAGE` when there is no log, or one in the way; `ERR_TREE_CORRUPT`, `ERR_TREE_ROLLED_BACK`
 */
export async function migrate({ from, to, onProgress }: MigrateSetup): Promise<Migrated> {
  if (isDatabaseUrl(from) === isDatabaseUrl(to)) {
    const instead = isDatabaseUrl(from)
      ? 'From PostgreSQL to PostgreSQL the log goes by pg_dump and pg_restore'
      : 'From folder to folder it goes by countersign backup and restore';
    throw new CountersignError(
      'ERR_CONFIG_INVALID',
      `one of the two is a data folder, the other postgresql://…. ${instead}`,
    );
  }
  const [data, url] = isDatabaseUrl(to) ? [from, to] : [to, from];
  return guardFiles(`the migration of ${data} failed`, async () => {
    if (data === from && !existsSync(dataFiles(data).log)) throw noLog(data);
    await mkdir(data, { recursive: true, mode: 0o700 });
    const lock = lockDataFolder(data);
    try {
      return await withDatabase(url, (database) =>
        data === from ? toDatabase(data, database, onProgress) : toFolder(data, database, onProgress),
      );
    } finally {
      lock.release();
    }
  });
}

async function toDatabase(data: string, to: SharedStorage, onProgress: Progress): Promise<Migrated> {
  const { log, migrated: kept } = dataFiles(data);
  const from = await openSqliteReader(log);
  let entries: number;
  try {
    await checkShardsIn(from, log, anchorOf(data));
    entries = await copyTrees({ from, to, readCheckpoint: checkpointReader, ...(onProgress && { onProgress }) });
  } finally {
    await from.close();
  }
  // Two nodes on two copies would sign two histories. The write-ahead log follows the database it belongs to.
  for (const end of ['', '-wal', '-shm']) if (existsSync(log + end)) await rename(log + end, kept + end);
  await syncFolder(data);
  return { ...(await migrated(data, entries, to)), kept };
}

async function toFolder(data: string, from: SharedStorage, onProgress: Progress): Promise<Migrated> {
  const { log, copying } = dataFiles(data);
  refuseDatabase(log);
  const to = await openSqliteStorage(copying);
  let entries: number;
  try {
    entries = await copyTrees({ from, to, readCheckpoint: checkpointReader, ...(onProgress && { onProgress }) });
    await checkShardsIn(to, copying, anchorOf(data));
  } finally {
    await to.close();
  }
  await rename(copying, log);
  await syncFolder(data);
  await syncFolder(dirname(resolve(data)));
  return migrated(data, entries, from);
}

async function migrated(data: string, entries: number, storage: SharedStorage): Promise<Migrated> {
  const shards = await listShards(storage);
  const keys = shards.map(({ treeId }) => keyFile(dataFiles(data).keys, treeId));
  return { data, shards, entries, missingKeys: keys.filter((path) => !existsSync(path)) };
}

/** Works on a database as the one that may write it, as a node would: none can run on it meanwhile. */
async function withDatabase<T>(url: string, work: (database: SharedStorage) => Promise<T>): Promise<T> {
  const database = await openPostgresStorage({ url });
  try {
    const lease = await database.takeLease(`migration:${hostname()}:${process.pid}:${randomUUID()}`);
    if (lease === undefined) {
      throw new CountersignError('ERR_DATA_LOCKED', 'a node runs on the database: stop every node on it first');
    }
    const timer = setInterval(() => void lease.renew().catch(() => undefined), leaseLimits.renewMs);
    try {
      const result = await work(database);
      await expectHeld(lease);
      return result;
    } finally {
      clearInterval(timer);
      await lease.release().catch(() => undefined);
    }
  } finally {
    await database.close();
  }
}

async function expectHeld(lease: Lease): Promise<void> {
  if (await lease.renew()) return;
  throw new CountersignError(
    'ERR_LEASE_LOST',
    'a node was started on the database meanwhile: stop it, and find out which of the two has newer entries before anything else',
  );
}

function anchorOf(data: string): (record: ShardRecord) => AnchorFile {
  return ({ id }) => new AnchorFile(data, id, { warn: () => undefined });
}

function noLog(data: string): CountersignError {
  return new CountersignError('ERR_STORAGE', `there is no log in ${data}`);
}
