import { equalBytes, toHex } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { leafHash, tileWidth, treeSize } from '@countersign/merkle';
import { corrupt } from './corrupt.ts';
import { attachmentHolds, checksumHolds } from './leaf-checksum.ts';
import { RightEdge } from './right-edge.ts';
import type { ShardRecord, Snapshot } from './shard.ts';
import { edgeAt, type ReadCheckpoint } from './start-check.ts';
import type { StoredAttachment, StoredLeaf, TreeReader, TreeStorage } from './storage.ts';
import { unfinishedCopy } from './unfinished-copy.ts';

/** What {@link copyTrees} copies, and where to. */
export interface CopySetup {
  /** It may grow while it is copied; what it had when the copy ends is in it. */
  readonly from: Pick<TreeReader, 'shards' | 'latest' | 'leaves' | 'attachments'>;
  /** Empty, or what a copy of the same shards that was interrupted has left. Nobody else writes it. */
  readonly to: TreeStorage;
  readonly readCheckpoint: (record: ShardRecord) => ReadCheckpoint;
  /** Told how many of all leaves are copied. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Copies every shard into a storage: leaves in order, each with its time, identity, annex and attachment; tiles and checksums made
 * anew; the checkpoint exactly as it was signed; frozen shards frozen. Each leaf must have its hash and checksums, and
 * all of them lead to a root that the shard's key signed: what comes out is the tree that clients have seen.
 *
 * Up to its last step no shard of the target has a signed checkpoint of its own, so that neither a start nor an
 * examination takes it for a log; a copy that was interrupted is gone on with by another one. Memory does not grow
 * with the trees: 256 leaves are held at a time.
 *
 * @returns the number of leaves
 * @throws `ERR_STORAGE` when the target holds something else, or the source has no log; `ERR_TREE_CORRUPT` when the source
 * contradicts itself; what the two storages refuse with
 */
export async function copyTrees({
  from,
  to,
  readCheckpoint,
  onProgress = () => undefined,
}: CopySetup): Promise<number> {
  const records = [...(await from.shards())].sort((a, b) => a.id - b.id);
  if (records.length === 0) throw new CountersignError('ERR_STORAGE', 'there is no shard to be copied');
  await begin(records, from, to);

  let total = 0;
  for (const { id } of records) total += (await from.latest(id))?.size ?? 0;
  let done = 0;
  const copied: (readonly [ShardRecord, Snapshot])[] = [];
  for (const record of records) {
    const before = done;
    const snapshot = await copyLeaves(record, from, to, readCheckpoint(record), (size) => {
      done = before + size;
      onProgress(done, Math.max(done, total));
    });
    copied.push([record, snapshot]);
  }

  // The oldest last: until then a log of several shards has one that is neither the newest nor frozen.
  for (const [{ id, state }, snapshot] of copied.reverse()) {
    const stored = await to.latest(id);
    if (stored?.checkpoint === unfinishedCopy) {
      await to.commit({ shard: id, first: snapshot.size, leaves: [], attachments: [], tiles: [], snapshot });
    }
    if (state === 'frozen') await to.freezeShard(id);
  }
  return done;
}

/** Makes the shards that are not there yet, each marked before the next; refuses a target that holds anything else. */
async function begin(
  records: readonly ShardRecord[],
  from: Pick<TreeReader, 'latest'>,
  to: TreeStorage,
): Promise<void> {
  const present = await to.shards();
  for (const other of present) {
    const same = records.find((record) => isSame(record, other));
    if (same !== undefined && (await isCopy(other.id, from, to))) continue;
    throw new CountersignError(
      'ERR_STORAGE',
      `the target is not empty: it holds shard ${other.origin}${same === undefined ? '' : ', and not as a copy that was interrupted'}. ` +
        'A copy needs an empty one, or the one where it was interrupted',
    );
  }
  for (const record of records) {
    if (!present.some(({ id }) => id === record.id)) await to.createShard({ ...record, state: 'active' });
    if ((await to.latest(record.id)) !== undefined) continue;
    const { size, root } = { size: treeSize(0), root: RightEdge.empty.root() };
    await to.commit({
      shard: record.id,
      first: 0,
      leaves: [],
      attachments: [],
      tiles: [],
      snapshot: { size, root, checkpoint: unfinishedCopy },
    });
  }
}

/** Whether a shard of the target is as a copy leaves it: marked, or, where it was interrupted in its last steps, finished. */
async function isCopy(shard: number, from: Pick<TreeReader, 'latest'>, to: TreeStorage): Promise<boolean> {
  const stored = await to.latest(shard);
  if (stored === undefined || stored.checkpoint === unfinishedCopy) return true;
  const source = await from.latest(shard);
  return source !== undefined && stored.size === source.size && equalBytes(stored.root, source.root);
}

/** Everything that is fixed when a shard is made. */
function isSame(a: ShardRecord, b: ShardRecord): boolean {
  const fixed = ({ id, kind, treeId, origin, createdAt }: ShardRecord) =>
    JSON.stringify([id, kind, treeId, origin, createdAt]);
  return fixed(a) === fixed(b) && equalBytes(a.publicKey, b.publicKey);
}

/** Copies a shard's leaves from where the target ends up to the source's newest checkpoint, which is returned. */
async function copyLeaves(
  { id }: ShardRecord,
  from: CopySetup['from'],
  to: TreeStorage,
  readCheckpoint: ReadCheckpoint,
  onSize: (size: number) => void,
): Promise<Snapshot> {
  const stored = await to.latest(id);
  let edge = await edgeAt(to, id, stored?.size ?? 0);
  if (stored !== undefined && !equalBytes(edge.root(), stored.root)) {
    throw refuse(id, 'what an interrupted copy left in the target is damaged: empty it and begin again');
  }
  for (;;) {
    const snapshot = await signedSnapshot(id, from, readCheckpoint);
    onSize(edge.size);
    if (snapshot.size < edge.size) {
      throw refuse(id, `the source has ${snapshot.size} leaves where there were ${edge.size}`);
    }
    if (snapshot.size === edge.size) {
      if (equalBytes(edge.root(), snapshot.root)) return snapshot;
      throw refuse(id, 'the leaves do not lead to the root that was signed', {
        expected: toHex(snapshot.root),
        found: toHex(edge.root()),
      });
    }
    while (edge.size < snapshot.size) {
      const count = Math.min(tileWidth, snapshot.size - edge.size);
      const leaves = checked(id, await from.leaves(id, edge.size, count), edge.size, count);
      const { edge: next, full } = edge.extend(leaves.map(({ hash }) => hash));
      await to.commit({
        shard: id,
        first: edge.size,
        leaves,
        attachments: checkedAttachments(id, await from.attachments(id, edge.size, count)),
        tiles: full,
        snapshot: { size: treeSize(next.size), root: next.root(), checkpoint: unfinishedCopy },
      });
      edge = next;
      onSize(edge.size);
    }
  }
}

async function signedSnapshot(
  shard: number,
  from: Pick<TreeReader, 'latest'>,
  readCheckpoint: ReadCheckpoint,
): Promise<Snapshot> {
  const snapshot = await from.latest(shard);
  if (snapshot === undefined) {
    throw new CountersignError('ERR_STORAGE', `shard ${shard} has no checkpoint: start its node once to complete it`);
  }
  let signed: ReturnType<ReadCheckpoint>;
  try {
    signed = readCheckpoint(snapshot.checkpoint);
  } catch (cause) {
    throw refuse(shard, "the checkpoint is not one that the shard's key signed", {}, cause);
  }
  if (signed.size === snapshot.size && equalBytes(signed.root, snapshot.root)) return snapshot;
  throw refuse(shard, 'the checkpoint is not about the size and root it stands beside');
}

function checked(shard: number, leaves: readonly StoredLeaf[], first: number, count: number): readonly StoredLeaf[] {
  for (let offset = 0; offset < count; offset += 1) {
    const index = first + offset;
    const leaf = leaves[offset];
    if (leaf?.index !== index) throw refuse(shard, `leaf ${index} is missing`);
    if (!equalBytes(leafHash(leaf.data), leaf.hash))
      throw refuse(shard, `the bytes of leaf ${index} do not have its hash`);
    if (!checksumHolds(shard, leaf)) {
      throw refuse(shard, `time, identity or annex of leaf ${index} do not have their checksum`);
    }
  }
  return leaves;
}

function checkedAttachments(shard: number, attachments: readonly StoredAttachment[]): readonly StoredAttachment[] {
  for (const attachment of attachments) {
    if (attachmentHolds(shard, attachment)) continue;
    throw refuse(shard, `the attachment of leaf ${attachment.index} does not have its checksum`);
  }
  return attachments;
}

function refuse(
  shard: number,
  what: string,
  details: { readonly expected?: string; readonly found?: string } = {},
  cause?: unknown,
): CountersignError {
  return corrupt(shard, what, details, cause, 'The copy was not finished, and the target cannot be used');
}
