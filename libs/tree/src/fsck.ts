import { equalBytes, toHex } from '@countersign/encoding';
import { type Hash, hashSize, leafHash, tileWidth } from '@countersign/merkle';
import { type FullTile, packedNode } from './full-tile.ts';
import { RightEdge } from './right-edge.ts';
import { edgeAt, type ReadCheckpoint, type TreeReads } from './start-check.ts';
import type { StoredLeaf, TreeStorage } from './storage.ts';

/** Something that is not as it must be. */
export interface Fault {
  /** What is wrong and where, in words. */
  readonly what: string;
  readonly expected?: string;
  readonly found?: string;
}

/** How far an examination has come: enough to go on from, once the tree at that size has this root. */
export interface FsckCursor {
  /** Leaves examined, a multiple of 256. */
  readonly size: number;
  /** Root of the tree of that size, hex. */
  readonly root: string;
}

/** One step of an examination. */
export interface FsckStep {
  readonly cursor: FsckCursor;
  /** Leaves to examine in all: the size of the signed tree when it began. */
  readonly total: number;
  /** What this step found. */
  readonly faults: readonly Fault[];
}

/** What is examined, and how. */
export interface FsckOptions {
  readonly storage: TreeReads & Pick<TreeStorage, 'find' | 'latest'>;
  /** The shard's id. */
  readonly shard: number;
  readonly readCheckpoint: ReadCheckpoint;
  /** Where an earlier examination had come to; from the first leaf when left out, or when the tree has another root there. */
  readonly from?: FsckCursor;
}

/**
 * Examines every byte of a shard that can be wrong: each leaf's bytes against its hash, what it is
 * found by, its time; each full tile against the leaves and tiles below; the root against the signed
 * checkpoint; and that nothing is stored beyond it. Goes on after a fault as far as it can.
 *
 * A step covers up to 256 leaves; stop asking for steps to stop. Memory does not grow with the tree. The
 * tree may grow meanwhile: what came later is left to the next time.
 */
export async function* fsck({ storage, shard, readCheckpoint, from }: FsckOptions): AsyncGenerator<FsckStep> {
  const latest = await storage.latest(shard);
  if (latest === undefined) {
    const [leaf] = await storage.leafHashes(shard, 0, 1);
    const faults = leaf === undefined ? [] : [{ what: 'there are leaves, but no checkpoint' }];
    yield { cursor: cursorOf(RightEdge.empty), total: 0, faults };
    return;
  }
  const { size: total, root, checkpoint } = latest;
  let edge = (from && (await resume(storage, shard, from, total))) ?? RightEdge.empty;
  let time = edge.size === 0 ? 0 : ((await storage.leaf(shard, edge.size - 1))?.integratedTime ?? 0);

  while (edge.size < total) {
    const faults: Fault[] = [];
    const count = Math.min(tileWidth, total - edge.size);
    const tile = await storage.tile(shard, 0, edge.size / tileWidth);
    const hashes: Hash[] = [];
    const leaves = new Map((await storage.leaves(shard, edge.size, count)).map((leaf) => [leaf.index as number, leaf]));
    for (let index = edge.size; index < edge.size + count; index += 1) {
      const leaf = leaves.get(index);
      if (leaf === undefined) {
        faults.push({ what: `leaf ${index} is missing` });
        // Its hash may still be in the tile above it: what follows can be examined all the same.
        hashes.push(tile === undefined ? new Uint8Array(hashSize) : packedNode(tile, 0, index % tileWidth).slice());
        continue;
      }
      // One of another length is none: what its bytes make takes its place.
      hashes.push(leaf.hash.length === hashSize ? leaf.hash : leafHash(leaf.data));
      faults.push(...(await leafFaults(storage, shard, leaf, time)));
      time = Math.max(time, leaf.integratedTime);
    }
    const { edge: next, full } = edge.extend(hashes);
    for (const expected of full) faults.push(...(await tileFaults(storage, shard, expected)));
    edge = next;
    if (edge.size < total) yield { cursor: cursorOf(edge), total, faults };
    else yield { cursor: cursorOf(edge), total, faults: [...faults, ...(await endFaults())] };
  }
  if (total === 0) yield { cursor: cursorOf(edge), total, faults: await endFaults() };

  async function endFaults(): Promise<Fault[]> {
    const faults: Fault[] = [];
    try {
      const signed = readCheckpoint(checkpoint);
      if (signed.size !== total || !equalBytes(signed.root, root)) {
        faults.push({ what: 'the stored checkpoint is not about the stored size and root' });
      }
    } catch {
      faults.push({ what: `the stored checkpoint of size ${total} is not one that this shard's key signed` });
    }
    if (!equalBytes(edge.root(), root)) {
      faults.push({ what: `the leaves do not lead to the signed root`, ...compared(root, edge.root()) });
    }
    // The tree may have grown since; then there is more behind it, and a newer checkpoint that says so.
    const [beyond] = await storage.leafHashes(shard, total, 1);
    const now = await storage.latest(shard);
    if (beyond !== undefined && now?.size === total)
      faults.push({ what: `there is a leaf beyond the checkpoint's size` });
    return faults;
  }
}

type Reads = FsckOptions['storage'];

async function resume(storage: Reads, shard: number, from: FsckCursor, total: number): Promise<RightEdge | undefined> {
  if (from.size > total || from.size % tileWidth !== 0) return undefined;
  try {
    const edge = await edgeAt(storage, shard, from.size);
    return toHex(edge.root()) === from.root ? edge : undefined;
  } catch {
    return undefined; // Something it is made from is damaged: to be found from the start.
  }
}

async function leafFaults(storage: Reads, shard: number, leaf: StoredLeaf, time: number): Promise<Fault[]> {
  const faults: Fault[] = [];
  const hash = leafHash(leaf.data);
  if (!equalBytes(hash, leaf.hash)) {
    faults.push({ what: `the bytes of leaf ${leaf.index} do not have its hash`, ...compared(leaf.hash, hash) });
  }
  const found = await storage.find(shard, leaf.identity ?? leaf.hash);
  // An older shard may hold two equal leaves; the first is the one to be found.
  if (found === undefined || found > leaf.index) {
    faults.push({
      what: `leaf ${leaf.index} is not found by its hash`,
      found: `${found ?? 'nothing'}`,
      expected: `${leaf.index}`,
    });
  }
  if (leaf.integratedTime < time) {
    faults.push({
      what: `leaf ${leaf.index} is older than the one before`,
      expected: `${time}`,
      found: `${leaf.integratedTime}`,
    });
  }
  return faults;
}

async function tileFaults(storage: Reads, shard: number, { level, index, nodes }: FullTile): Promise<Fault[]> {
  const stored = await storage.tile(shard, level, index);
  if (stored === undefined) return [{ what: `tile ${level}/${index} is missing` }];
  return equalBytes(stored, nodes) ? [] : [{ what: `tile ${level}/${index} is not what its leaves make` }];
}

function cursorOf(edge: RightEdge): FsckCursor {
  return { size: edge.size, root: toHex(edge.root()) };
}

function compared(expected: Uint8Array, found: Uint8Array): Pick<Fault, 'expected' | 'found'> {
  return { expected: toHex(expected), found: toHex(found) };
}
