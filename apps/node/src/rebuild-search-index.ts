import { existsSync } from 'node:fs';
import { CountersignError } from '@countersign/errors';
import { v1Kind } from '@countersign/log';
import { rebuildIndex } from '@countersign/search';
import { lockDataFolder, openSqliteReader, type TreeReader } from '@countersign/tree';
import type { NodeConfig } from './config/node-config.ts';
import { dataFiles } from './data-files.ts';

/** What {@link rebuildSearchIndex} takes beside the configuration. */
export interface RebuildOptions {
  /** Told how many of the log's entries are indexed. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Makes the search index of a data folder again from the log, beside the old one, whose place it takes at the end.
 *
 * @returns the entries that were read, and the keys they are found by
 * @throws `ERR_DATA_LOCKED` while a node runs on the folder; `ERR_STORAGE` when there is no log in it, or on failure
 */
export async function rebuildSearchIndex(
  { data }: Pick<NodeConfig, 'data'>,
  { onProgress }: RebuildOptions = {},
): Promise<{ readonly entries: number; readonly keys: number }> {
  const files = dataFiles(data);
  if (!existsSync(files.log)) throw new CountersignError('ERR_STORAGE', `there is no log in ${data}`);
  const lock = lockDataFolder(data);
  try {
    const log = await openSqliteReader(files.log);
    try {
      return await rebuildIndex(files.search, log, await logShards(log), onProgress);
    } finally {
      await log.close();
    }
  } finally {
    lock.release();
  }
}

async function logShards(log: TreeReader) {
  const records = (await log.shards()).filter(({ kind }) => kind === v1Kind);
  return Promise.all(records.map(async ({ id, treeId }) => ({ id, treeId, size: (await log.latest(id))?.size ?? 0 })));
}
