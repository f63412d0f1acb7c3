import { createHash, randomBytes } from 'node:crypto';
import { hasCode } from '@countersign/errors';
import { leafHash, nodeHash, verifyConsistency } from '@countersign/merkle';
import { AnchorFile, type ShardRecord, Tree, type TreeReader, type TreeStorage } from '@countersign/tree';

/** A shard with this id. */
export function shardOf(id: number): ShardRecord {
  return {
    id,
    kind: 'rekor-v1',
    treeId: `${id}`,
    origin: `log.test - ${id}`,
    publicKey: new Uint8Array([1, 2, 3]),
    state: 'active',
    createdAt: 1_700_000_000,
  };
}

let signatures = 0;

/** Opens a shard's tree; its anchor is in `folder`. */
export function openTree(storage: TreeStorage, shard: ShardRecord, folder: string): Promise<Tree> {
  const anchor = new AnchorFile(folder, shard.id, { warn: () => undefined, intervalMs: 0 });
  // Stands for signing. Each checkpoint is another text, as those of ECDSA are.
  const signCheckpoint = async (size: number, root: Uint8Array): Promise<string> => {
    signatures += 1;
    return `${shard.origin}\n${size}\n${Buffer.from(root).toString('base64')}\n\n— log.test ${signatures}\n`;
  };
  return Tree.open({ storage, shard, signCheckpoint, readCheckpoint, anchor, clock: Date.now });
}

/** Takes a refusal with a code as one, and nothing else. */
export function refusedWithCode(error: unknown): false {
  if (!hasCode(error)) throw error;
  return false;
}

function readCheckpoint(checkpoint: string): { size: number; root: Uint8Array } {
  const [, size, root] = checkpoint.split('\n');
  return { size: Number(size), root: Buffer.from(root ?? '', 'base64') };
}

let appended = 0;

/** What clients of one tree were told. */
export class Told {
  /** Data by index, of everything acknowledged. */
  readonly leaves = new Map<number, string>();
  /** Every checkpoint shown. */
  readonly checkpoints = new Set<string>();

  /** Appends `count` leaves of at least `bytes` at once, of which no two are equal. What is refused must be refused with a code. */
  async append(tree: Tree, count: number, bytes = 0): Promise<void> {
    const one = async (): Promise<void> => {
      appended += 1;
      // What cannot be compressed.
      const data = `leaf ${appended} ${randomBytes(bytes / 2).toString('hex')}`;
      try {
        const attachment = Buffer.from(data).reverse();
        const leaf = { data: Buffer.from(data), annex: Buffer.from('{}'), attachment };
        const { index, snapshot } = await tree.append(leaf);
        if (this.leaves.has(index)) throw new Error(`index ${index} was given twice`);
        this.leaves.set(index, data);
        this.checkpoints.add(snapshot.checkpoint);
      } catch (error) {
        refusedWithCode(error);
      }
    };
    await Promise.all(Array.from({ length: count }, one));
    this.checkpoints.add(tree.snapshot.checkpoint);
  }

  /** Throws unless the tree still is what clients were told, and is whole. */
  async check(tree: Tree, reader: TreeReader): Promise<void> {
    const { size, root } = tree.snapshot;
    const { id } = tree.shard;
    if ((await reader.latest(id))?.checkpoint !== tree.snapshot.checkpoint) throw new Error('others see another tree');
    const leaves = await reader.leaves(id, 0, size + 1);
    if (leaves.length !== size) throw new Error(`${leaves.length} leaves in a tree of ${size}`);
    const attachments = await reader.attachments(id, 0, size + 1000);
    if (attachments.length !== size) throw new Error(`${attachments.length} attachments in a tree of ${size}`);
    for (const [index, data] of this.leaves) {
      if (Buffer.from(leaves[index]?.data ?? []).toString() !== data) throw new Error(`leaf ${index} is lost`);
      const kept = Buffer.from((await tree.attachment(index)) ?? []).reverse();
      if (kept.toString() !== data) throw new Error(`the attachment of leaf ${index} is lost`);
    }
    if (!Buffer.from(rootOf(leaves.map(({ data }) => leafHash(data)))).equals(root)) throw new Error('another root');
    for (const checkpoint of this.checkpoints) {
      const seen = readCheckpoint(checkpoint);
      if (seen.size > size) throw new Error(`the tree has ${size} leaves, and had shown ${seen.size}`);
      const hashes = await tree.consistencyProof(seen.size, size);
      verifyConsistency({ first: seen.size, second: size, firstRoot: seen.root, secondRoot: root, hashes });
    }
  }
}

/** RFC 6962 §2.1, of leaf hashes. */
function rootOf(hashes: readonly Uint8Array[]): Uint8Array {
  const [first] = hashes;
  if (first === undefined) return createHash('sha256').digest();
  if (hashes.length === 1) return first;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split)));
}
