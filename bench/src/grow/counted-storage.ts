import type { TreeStorage } from '@countersign/tree';

/** What went through the storage interface. */
export interface StorageCounts {
  tilesRead: number;
  tilesWritten: number;
  commits: number;
}

/** The same storage, with what goes through it counted. */
export function countedStorage(storage: TreeStorage): {
  readonly storage: TreeStorage;
  readonly counts: StorageCounts;
} {
  const counts: StorageCounts = { tilesRead: 0, tilesWritten: 0, commits: 0 };
  return {
    counts,
    storage: {
      ...storage,
      tile: (...place) => {
        counts.tilesRead += 1;
        return storage.tile(...place);
      },
      commit: async (batch) => {
        await storage.commit(batch);
        counts.commits += 1;
        counts.tilesWritten += batch.tiles.length;
      },
    },
  };
}
