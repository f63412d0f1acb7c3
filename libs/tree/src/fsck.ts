import { equalBytes, toHex } from '@countersign/encoding';
import { type ErrorCode, hasCode } from '@countersign/errors';
import { type Hash, hashSize, leafHash, tileWidth } from '@countersign/merkle';
import { checkAnchor, readAnchor } from './anchor-check.ts';
import type { AnchorFile } from './anchor-file.ts';
import { type FullTile, fullTileBytes, packedNode } from './full-tile.ts';
import { attachmentHolds, checksumHolds } from './leaf-checksum.ts';
import { RightEdge } from './right-edge.ts';
import { edgeAt, type ReadCheckpoint } from './start-check.ts';
import type { StoredAttachment, StoredLeaf, TreeReader } from './storage.ts';
import { TileReader } from './tile-reader.ts';
import { refuseUnfinishedCopy } from './unfinished-copy.ts';

/** Something that is not as it must be. */
export interface Fault {
  /** What is wrong and where, in words. */
  readonly what: string;
  readonly expected?: string;
  readonly found?: string;
  /** Set when the shard does not extend its anchor: other data are needed then, not a sound disk. */
  readonly rolledBack?: true;
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
  /** Where the examination began: 0, or the size of the cursor that it went on from. */
  readonly start: number;
  /** Leaves to examine in all: the size of the signed tree when it began. */
  readonly total: number;
  /** What this step found. */
  readonly faults: readonly Fault[];
}

/** What is examined, and how. */
export interface FsckOptions {
  readonly storage: TreeReader;
  /** The shard's id. */
  readonly shard: number;
  readonly readCheckpoint: ReadCheckpoint;
  /** What the tree has to extend; nothing when left out. */
  readonly anchor?: Pick<AnchorFile, 'path' | 'read'>;
  /** Where an earlier examination had come to; from the first leaf when left out, or when the tree has another root there. */
  readonly from?: FsckCursor;
}

/**
 * Examines every byte of a shard that can be wrong: each leaf's bytes against its hash, what it is
 * found by, its time, the checksums over what is kept beside it; each full tile against the leaves and tiles
 * below; the root against the signed checkpoint and the anchor; and that nothing is stored beyond it. Goes on
 * after a fault as far as it can.
 *
 * A step covers up to 256 leaves; stop asking for steps to stop. Memory does not grow with the tree. The
 * tree may grow meanwhile: what came later is left to the next time.
 *
 * Throws `ERR_STORAGE` when not even the checkpoint can be read.
 */
export async function* fsck({ storage, shard, readCheckpoint, anchor, from }: FsckOptions): AsyncGenerator<FsckStep> {
  // First the anchor: beside a running node it is never newer than what is read after it.
  const { value: anchored, faults: anchorFaults } = await attempt(
    async () => anchor && readAnchor(anchor, shard, readCheckpoint),
  );
  const latest = await storage.latest(shard);
  if (latest === undefined) {
    const [leaf] = await storage.leafHashes(shard, 0, 1);
    const faults = leaf === undefined ? [] : [{ what: 'there are leaves, but no checkpoint' }];
    faults.push(...anchorFaults, ...(await extendFaults(RightEdge.empty)));
    yield { cursor: cursorOf(RightEdge.empty), start: 0, total: 0, faults };
    return;
  }
  const { size: total, root, checkpoint } = latest;
  let edge = (from && (await resume(storage, shard, from, total))) ?? RightEdge.empty;
  const start = edge.size;
  const { value: before } = await attempt(async () =>
    edge.size === 0 ? undefined : storage.leaf(shard, edge.size - 1),
  );
  let time = before?.integratedTime ?? 0;
  let summed = before?.checksum !== undefined;

  if (edge.size === total) yield { cursor: cursorOf(edge), start, total, faults: await endFaults() };
  while (edge.size < total) {
    const faults: Fault[] = [];
    const count = Math.min(tileWidth, total - edge.size);
    const { value: tile } = await attempt(() => storage.tile(shard, 0, edge.size / tileWidth));
    const hashes: Hash[] = [];
    const { leaves, unreadable } = await readLeaves(storage, shard, edge.size, count);
    for (let index = edge.size; index < edge.size + count; index += 1) {
      const leaf = leaves.get(index);
      if (leaf === undefined) {
        faults.push(unreadable.get(index) ?? { what: `leaf ${index} is missing` });
        // Its hash may still be in the tile above it: what follows can be examined all the same.
        hashes.push(
          tile?.length !== fullTileBytes ? new Uint8Array(hashSize) : packedNode(tile, 0, index % tileWidth).slice(),
        );
        continue;
      }
      // One of another length is none: what its bytes make takes its place.
      hashes.push(leaf.hash.length === hashSize ? leaf.hash : leafHash(leaf.data));
      faults.push(...(await leafFaults(storage, shard, leaf, time)));
      // Checksums came with a newer version: what follows one of that is not older.
      if (summed && leaf.checksum === undefined) faults.push({ what: `leaf ${index} has lost its checksum` });
      summed ||= leaf.checksum !== undefined;
      time = Math.max(time, leaf.integratedTime);
    }
    faults.push(...(await attachmentFaults(storage, shard, edge.size, count)));
    const { edge: next, full } = edge.extend(hashes);
    for (const expected of full) faults.push(...(await tileFaults(storage, shard, expected)));
    edge = next;
    if (edge.size < total) yield { cursor: cursorOf(edge), start, total, faults };
    else yield { cursor: cursorOf(edge), start, total, faults: [...faults, ...(await endFaults())] };
  }

  async function endFaults(): Promise<Fault[]> {
    const faults: Fault[] = [...anchorFaults];
    try {
      refuseUnfinishedCopy(shard, checkpoint);
      const signed = readCheckpoint(checkpoint);
      if (signed.size !== total || !equalBytes(signed.root, root)) {
        faults.push({ what: 'the stored checkpoint is not about the stored size and root' });
      }
    } catch (error) {
      if (hasCode(error, 'ERR_STORAGE')) faults.push(faultOf(error));
      else faults.push({ what: `the stored checkpoint of size ${total} is not one that this shard's key signed` });
    }
    if (!equalBytes(edge.root(), root)) {
      faults.push({ what: `the leaves do not lead to the signed root`, ...compared(root, edge.root()) });
    }
    const { faults: beyond } = await attempt(async () => {
      const [leaf] = await storage.leafHashes(shard, total, 1);
      const [attachment] = await storage.attachments(shard, total, 1);
      // The tree may have grown since; then there is more behind it, and a newer checkpoint that says so.
      const now = await storage.latest(shard);
      if (now?.size !== total) return;
      if (leaf !== undefined) faults.push({ what: `there is a leaf beyond the checkpoint's size` });
      if (attachment !== undefined) faults.push({ what: `there is an attachment beyond the checkpoint's size` });
    });
    return [...faults, ...beyond, ...(await extendFaults(edge))];
  }

  async function extendFaults(edge: RightEdge): Promise<readonly Fault[]> {
    if (anchor === undefined || anchored === undefined) return [];
    return (await attempt(() => checkAnchor(anchored, shard, anchor.path, edge, new TileReader(storage, shard, 0))))
      .faults;
  }
}

async function resume(
  storage: TreeReader,
  shard: number,
  from: FsckCursor,
  total: number,
): Promise<RightEdge | undefined> {
  if (from.size > total || from.size % tileWidth !== 0) return undefined;
  // What it is made from may be damaged: to be found from the start.
  const { value: edge } = await attempt(() => edgeAt(storage, shard, from.size));
  return edge !== undefined && toHex(edge.root()) === from.root ? edge : undefined;
}

/** Reads leaves, one by one where they cannot be read together. */
async function readLeaves(storage: TreeReader, shard: number, from: number, count: number) {
  const unreadable = new Map<number, Fault>();
  const { value } = await attempt(() => storage.leaves(shard, from, count));
  const found = [...(value ?? [])];
  for (let index = from; value === undefined && index < from + count; index += 1) {
    const { value: leaf, faults } = await attempt(() => storage.leaf(shard, index));
    if (leaf !== undefined) found.push(leaf);
    for (const { what } of faults) unreadable.set(index, { what: `leaf ${index} cannot be read: ${what}` });
  }
  return { leaves: new Map(found.map((leaf) => [leaf.index as number, leaf])), unreadable };
}

/** What came out of a read; a refusal is a fault. */
async function attempt<T>(read: () => Promise<T>): Promise<{ readonly value?: T; readonly faults: readonly Fault[] }> {
  try {
    return { value: await read(), faults: [] };
  } catch (error) {
    if (!hasCode(error)) throw error;
    return { faults: [faultOf(error)] };
  }
}

/** A refusal without what it says is to be done: that is for all faults together. */
function faultOf(error: Error & { readonly code: ErrorCode; readonly details?: unknown }): Fault {
  const { what, expected, found } = (error.details ?? {}) as { readonly [key in keyof Fault]?: unknown };
  return {
    what: typeof what === 'string' ? what : error.message,
    ...(expected === undefined ? {} : { expected: `${expected}`, found: `${found}` }),
    ...(error.code === 'ERR_TREE_ROLLED_BACK' ? { rolledBack: true } : {}),
  };
}

async function leafFaults(storage: TreeReader, shard: number, leaf: StoredLeaf, time: number): Promise<Fault[]> {
  const faults: Fault[] = [];
  const hash = leafHash(leaf.data);
  if (!equalBytes(hash, leaf.hash)) {
    faults.push({ what: `the bytes of leaf ${leaf.index} do not have its hash`, ...compared(leaf.hash, hash) });
  }
  if (!checksumHolds(shard, leaf)) {
    faults.push({ what: `time, identity or annex of leaf ${leaf.index} do not have their checksum` });
  }
  const { value: found, faults: unread } = await attempt(() => storage.find(shard, leaf.identity ?? leaf.hash));
  faults.push(...unread);
  // An older shard may hold two equal leaves; the first is the one to be found.
  if (unread.length === 0 && (found === undefined || found > leaf.index)) {
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

async function attachmentFaults(storage: TreeReader, shard: number, from: number, count: number): Promise<Fault[]> {
  const { value = [], faults } = await attempt(() => storage.attachments(shard, from, count));
  const broken = value.filter((attachment) => !attachmentHolds(shard, attachment));
  const what = ({ index }: StoredAttachment) => `the attachment of leaf ${index} does not have its checksum`;
  return [...faults, ...broken.map((attachment) => ({ what: what(attachment) }))];
}

async function tileFaults(
  storage: TreeReader,
  shard: number,
  { level, index, nodes }: FullTile,
): Promise<readonly Fault[]> {
  const { value: stored, faults } = await attempt(() => storage.tile(shard, level, index));
  if (faults.length > 0) return faults;
  if (stored === undefined) return [{ what: `tile ${level}/${index} is missing` }];
  return equalBytes(stored, nodes) ? [] : [{ what: `tile ${level}/${index} is not what its leaves make` }];
}

function cursorOf(edge: RightEdge): FsckCursor {
  return { size: edge.size, root: toHex(edge.root()) };
}

function compared(expected: Uint8Array, found: Uint8Array): Pick<Fault, 'expected' | 'found'> {
  return { expected: toHex(expected), found: toHex(found) };
}
