import { existsSync } from 'node:fs';
import { CountersignError } from '@countersign/errors';
import { listShards, openShardAdmin, type ShardSummary } from '@countersign/log';
import { lockDataFolder, openSqliteReader, openSqliteStorage } from '@countersign/tree';
import { askNode } from './admin/admin-client.ts';
import { applyChange, type ShardChange } from './admin/shard-change.ts';
import type { NodeConfig } from './config/node-config.ts';
import { dataFiles } from './data-files.ts';
import { shardPlace } from './shard-place.ts';

/** What {@link changeShards} takes beside the configuration. */
export interface ChangeOptions {
  /** Told, in words for an operator, what is not as it should be. */
  readonly onWarning: (message: string) => void;
}

/**
 * The shards of the log in a data folder, the oldest first, whether a node runs on it or not.
 *
 * @throws `ERR_STORAGE` when there is no log in it
 */
export async function readShards({ data }: Pick<NodeConfig, 'data'>): Promise<readonly ShardSummary[]> {
  const reader = await openSqliteReader(existingLog(data));
  try {
    return await listShards(reader);
  } finally {
    await reader.close();
  }
}

/**
 * Changes the shards of the log in a data folder: by the node that runs on it, which goes on taking uploads, or here
 * when none does. What a new shard begins with is then up to the next start.
 *
 * @throws `ERR_STORAGE` when there is no log; `ERR_DATA_LOCKED` when the folder is in use, and its node takes no
 * commands; `ERR_SIGNER`, `ERR_TREE_CORRUPT`, `ERR_TREE_ROLLED_BACK` as a start does; what the node refuses with
 */
export async function changeShards(
  config: Pick<NodeConfig, 'data' | 'keys'>,
  change: ShardChange,
  { onWarning }: ChangeOptions,
): Promise<void> {
  const log = existingLog(config.data);
  if (await askNode(dataFiles(config.data).admin, change)) return;
  const lock = lockDataFolder(config.data);
  try {
    const storage = await openSqliteStorage(log);
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

function existingLog(data: string): string {
  const { log } = dataFiles(data);
  if (!existsSync(log)) throw new CountersignError('ERR_STORAGE', `there is no log in ${data}`);
  return log;
}
