import { CountersignError } from '@countersign/errors';
import { listShards, openShardAdmin, type ShardSummary } from '@countersign/log';
import {
  lockDataFolder,
  openPostgresStorage,
  openSqliteStorage,
  openTreeReader,
  type TreeStorage,
} from '@countersign/tree';
import { askNode } from './admin/admin-client.ts';
import { applyChange, type ShardChange } from './admin/shard-change.ts';
import type { NodeConfig } from './config/node-config.ts';
import { dataFiles } from './data-files.ts';
import { existingLog, type LogPlace } from './log-location.ts';
import { ownerName } from './open-node-log.ts';
import { shardPlace } from './shard-place.ts';

/** What {@link changeShards} takes beside the configuration. */
export interface ChangeOptions {
  /** Told, in words for an operator, what is not as it should be. */
  readonly onWarning: (message: string) => void;
}

/**
 * The shards of a log, the oldest first, whether nodes run on it or not.
 *
 * @throws `ERR_STORAGE` when there is no log in it
 */
export async function readShards(place: LogPlace): Promise<readonly ShardSummary[]> {
  const reader = await openTreeReader(existingLog(place));
  try {
    return await listShards(reader);
  } finally {
    await reader.close();
  }
}

/**
 * Changes the shards of a log: by the node that runs on the data folder, which goes on taking uploads, or here when none
 * does and no other node of a database leads. What a new shard begins with is then up to the next start.
 *
 * @throws `ERR_STORAGE` when there is no log; `ERR_DATA_LOCKED` when the folder is in use, and its node takes no
 * commands; `ERR_NOT_AVAILABLE` when another node leads; `ERR_SIGNER`, `ERR_TREE_CORRUPT`, `ERR_TREE_ROLLED_BACK` as a start does; what the node refuses with
 */
export async function changeShards(
  config: Pick<NodeConfig, 'data' | 'database' | 'keys'>,
  change: ShardChange,
  { onWarning }: ChangeOptions,
): Promise<void> {
  existingLog(config);
  if (await askNode(dataFiles(config.data).admin, change)) return;
  const lock = lockDataFolder(config.data);
  try {
    const storage = await openWriter(config);
    try {
      const { admin, close } = await openShardAdmin(shardPlace(config, storage, onWarning));
      await applyChange(admin, change).finally(close);
    } finally {
      await storage.close();
    }
  } finally {
    lock.release();
  }
}

/** The storage of a log that no node runs on: of a database that others share, the lease is taken. */
async function openWriter({ data, database }: LogPlace): Promise<TreeStorage> {
  if (database === undefined) return openSqliteStorage(dataFiles(data).log);
  const storage = await openPostgresStorage({ url: database });
  const lease = await storage.takeLease(ownerName());
  if (lease === undefined) {
    const leader = await storage.leader();
    await storage.close();
    throw new CountersignError(
      'ERR_NOT_AVAILABLE',
      `the shards are changed by the node that sequences, which is ${leader ?? 'just changing'}: run the command there`,
    );
  }
  const { close } = storage;
  storage.close = async () => {
    await lease.release();
    await close.call(storage);
  };
  return storage;
}
