import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { TreeReader } from '@countersign/tree';
import { Indexer, type IndexShard } from './indexer.ts';
import { guardIndex, openIndexToWrite, removeIndex } from './storage/index-file.ts';

/** Leaves of one transaction: nobody waits for it, and fewer pages are written twice. */
const batchLeaves = 65_536;

/** What a rebuild read and wrote. */
export interface Rebuilt {
  /** Leaves of the log. */
  readonly entries: number;
  /** Keys they are found by. */
  readonly keys: number;
}

/**
 * Makes the index of a log again, into a new file that takes the place of the old one at the end: breaking off leaves
 * the old one as it was. Nobody may have the index open.
 *
 * @param onProgress told how many of all leaves are indexed
 * @throws `ERR_STORAGE`
 */
export async function rebuildIndex(
  path: string,
  log: TreeReader,
  shards: readonly IndexShard[],
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<Rebuilt> {
  const unfinished = `${path}.new`;
  removeIndex(unfinished);
  const total = shards.reduce((sum, { size }) => sum + size, 0);
  let entries = 0;
  let keys = 0;
  const indexer = new Indexer(log, unfinished);
  try {
    for (const shard of shards) {
      for (let size = 0; size < shard.size; ) {
        const advance = await indexer.advance(shard, batchLeaves);
        entries += advance.size - size;
        keys += advance.keys;
        size = advance.size;
        onProgress(entries, total);
        await setImmediate();
      }
    }
  } finally {
    indexer.close();
  }
  replace(path, unfinished);
  return { entries, keys };
}

/** A closed index is one file: its write-ahead log is written back when the last connection closes. */
function replace(path: string, by: string): void {
  guardIndex(() => {
    sync(by);
    // The old one's write-ahead log must not be read as the new one's.
    try {
      openIndexToWrite(path).close();
    } catch {
      removeIndex(path);
    }
    renameSync(by, path);
  });
}

function sync(file: string): void {
  const descriptor = openSync(file, 'r+');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
