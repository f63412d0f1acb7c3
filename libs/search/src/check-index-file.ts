import { hasCode } from '@countersign/errors';
import type { TreeReader } from '@countersign/tree';
import { checkIndexed, type IndexShard } from './indexer.ts';
import { readIndexed } from './storage/indexed-reader.ts';

/**
 * Tells what is wrong with an index file beside the log it should be of: another log, more entries than the log has,
 * another last entry, or no index at all. `undefined` when it fits.
 *
 * @param readShards asked after the index was read: beside a running node the log is never behind its index
 */
export async function checkIndexFile(
  path: string,
  log: TreeReader,
  readShards: () => Promise<readonly IndexShard[]>,
): Promise<string | undefined> {
  try {
    const indexed = readIndexed(path);
    return await checkIndexed(indexed, await readShards(), log);
  } catch (error) {
    if (!hasCode(error)) throw error;
    return error.message;
  }
}
