import { v1Kind } from '@countersign/log';
import { rebuildIndex } from '@countersign/search';
import { lockDataFolder, openTreeReader, type TreeReader } from '@countersign/tree';
import { dataFiles } from './data-files.ts';
import { existingLog, type LogPlace } from './log-location.ts';

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
  place: LogPlace,
  { onProgress }: RebuildOptions = {},
): Promise<{ readonly entries: number; readonly keys: number }> {
  const location = existingLog(place);
  const lock = lockDataFolder(place.data);
  try {
    const log = await openTreeReader(location);
    try {
      return await rebuildIndex(dataFiles(place.data).search, log, await logShards(log), onProgress);
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
