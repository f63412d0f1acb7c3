import { checkAnchor, readAnchor } from './anchor-check.ts';
import type { AnchorFile } from './anchor-file.ts';
import { RightEdge } from './right-edge.ts';
import type { Snapshot } from './shard.ts';
import { checkTree, type ReadCheckpoint } from './start-check.ts';
import type { TreeReader } from './storage.ts';
import { TileReader } from './tile-reader.ts';

/** What {@link checkStoredTree} looks at. */
export interface StoredTree {
  readonly storage: TreeReader;
  /** The shard's id. */
  readonly shard: number;
  readonly readCheckpoint: ReadCheckpoint;
  /** What the tree has to extend; nothing when left out. */
  readonly anchor?: Pick<AnchorFile, 'path' | 'read'>;
}

/**
 * Checks a stored tree as a start does, in O(log n), and changes nothing: its right edge against its signed
 * checkpoint, and that it extends its anchor. Gives the tree as it is stored; undefined when nothing was ever committed.
 *
 * Throws `ERR_TREE_CORRUPT` and `ERR_TREE_ROLLED_BACK`.
 */
export async function checkStoredTree({
  storage,
  shard,
  readCheckpoint,
  anchor,
}: StoredTree): Promise<Snapshot | undefined> {
  // First the anchor: beside a running node it is never newer than what is read after it.
  const anchored = anchor && (await readAnchor(anchor, shard, readCheckpoint));
  const stored = await storage.latest(shard);
  const edge = stored === undefined ? RightEdge.empty : (await checkTree(storage, shard, stored, readCheckpoint)).edge;
  if (anchor !== undefined && anchored !== undefined) {
    await checkAnchor(anchored, shard, anchor.path, edge, new TileReader(storage, shard, 0));
  }
  return stored;
}
