import { emptyRoot, treeSize } from '@countersign/merkle';
import { checkAnchor, readAnchor } from './anchor-check.ts';
import type { AnchorFile } from './anchor-file.ts';
import type { SignCheckpoint, TreeState } from './committer.ts';
import { corrupt } from './corrupt.ts';
import { RightEdge } from './right-edge.ts';
import type { Snapshot } from './shard.ts';
import { checkTree, type ReadCheckpoint } from './start-check.ts';
import type { TreeStorage } from './storage.ts';
import type { TileReader } from './tile-reader.ts';

/** What {@link openTree} stands on. */
export interface OpenPorts {
  readonly storage: TreeStorage;
  /** The shard's id. */
  readonly shard: number;
  readonly reader: TileReader;
  readonly anchor: AnchorFile;
  readonly signCheckpoint: SignCheckpoint;
  readonly readCheckpoint: ReadCheckpoint;
  /** Whether another process may commit meanwhile. */
  readonly follows?: boolean;
}

/**
 * Finds a shard's tree in storage, checks it, and checks it against its anchor; a new one gets the signed
 * checkpoint of the empty tree. A missing anchor is replaced with a warning, as a database that
 * was restored by itself has none.
 *
 * Throws `ERR_TREE_CORRUPT` and `ERR_TREE_ROLLED_BACK`.
 */
export async function openTree(ports: OpenPorts): Promise<TreeState> {
  const { storage, shard, reader, anchor, readCheckpoint } = ports;
  const anchored = await readAnchor(anchor, shard, readCheckpoint);
  const checkExtends = async (edge: RightEdge): Promise<void> => {
    if (anchored !== undefined) await checkAnchor(anchored, shard, anchor.path, edge, reader);
  };

  const stored = await storage.latest(shard);
  // A tree that is gone altogether is not a new one when something was signed.
  if (stored === undefined) await checkExtends(RightEdge.empty);
  const snapshot = stored ?? (await createTree(ports));
  const { edge, lastTime } = await checkTree(storage, shard, snapshot, readCheckpoint, ports.follows);
  await checkExtends(edge);
  if (anchored === undefined && snapshot.size > 0 && !anchor.readOnly) {
    anchor.warn(`shard ${shard} has no anchor file: a new one is written to ${anchor.path}`);
  }
  anchor.record(snapshot.checkpoint);
  return { edge, snapshot, lastTime };
}

async function createTree({ storage, shard, signCheckpoint }: OpenPorts): Promise<Snapshot> {
  const [leaf] = await storage.leafHashes(shard, 0, 1);
  if (leaf !== undefined) throw corrupt(shard, 'there are leaves, but no checkpoint');
  const checkpoint = await signCheckpoint(0, emptyRoot);
  const snapshot: Snapshot = { size: treeSize(0), root: emptyRoot, checkpoint };
  await storage.commit({ shard, first: 0, leaves: [], attachments: [], tiles: [], snapshot });
  return snapshot;
}
