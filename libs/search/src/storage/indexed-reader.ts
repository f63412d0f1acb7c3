import { damaged, guardIndex, indexVersion, openIndexToRead } from './index-file.ts';
import type { IndexedShard } from './index-writer.ts';

interface Row extends Omit<IndexedShard, 'lastHash'> {
  readonly lastHash: Buffer;
}

/**
 * How far each shard of an index is indexed, without opening it to write: not at all when it is of an older version.
 * Throws `ERR_STORAGE`.
 */
export function readIndexed(path: string): readonly IndexedShard[] {
  const database = openIndexToRead(path);
  try {
    return guardIndex(() => {
      const version = Number(database.pragma('user_version', { simple: true }));
      if (version > 0 && version < indexVersion) return [];
      if (version !== indexVersion) throw damaged(`it is of version ${version}`);
      return database
        .prepare<[], Row>('SELECT shard, tree_id AS treeId, size, last_hash AS lastHash FROM indexed ORDER BY shard')
        .all();
    });
  } finally {
    database.close();
  }
}
