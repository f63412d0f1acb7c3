// One tree on SQLite in a folder where things fail: what it acknowledged and showed, and whether that held.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { leafHash, nodeHash, verifyConsistency } from '@countersign/merkle';
import { AnchorFile, openSqliteStorage, Tree } from '@countersign/tree';

const shard = {
  id: 1,
  kind: 'rekor-v1',
  treeId: '4711',
  origin: 'log.test - 4711',
  publicKey: new Uint8Array([1, 2, 3]),
  state: 'active',
  createdAt: 1_700_000_000,
};

// Stands for signing. Each checkpoint is another text, as ECDSA's are.
let signatures = 0;
async function signCheckpoint(size, root) {
  signatures += 1;
  return `${shard.origin}\n${size}\n${Buffer.from(root).toString('base64')}\n\n— log.test ${signatures}\n`;
}

function readCheckpoint(checkpoint) {
  const [, size, root] = checkpoint.split('\n');
  return { size: Number(size), root: Buffer.from(root, 'base64') };
}

/** What clients were told. */
export class Record {
  /** Data by index, of everything acknowledged. */
  acknowledged = new Map();
  /** Every checkpoint shown, by text. */
  checkpoints = new Set();

  copy() {
    const copy = new Record();
    copy.acknowledged = new Map(this.acknowledged);
    copy.checkpoints = new Set(this.checkpoints);
    return copy;
  }

  acknowledge(data, { index, snapshot }) {
    if (this.acknowledged.has(index)) throw new Error(`index ${index} was given twice`);
    this.acknowledged.set(index, data);
    this.checkpoints.add(snapshot.checkpoint);
  }
}

/** Opens the tree, making it if there is none. */
export async function openTree(folder, clock = Date.now) {
  const storage = await openSqliteStorage(join(folder, 'log.sqlite'));
  try {
    if ((await storage.shards()).length === 0) await storage.createShard(shard);
    const anchor = new AnchorFile(folder, shard.id, { warn: () => {}, intervalMs: 0 });
    const tree = await Tree.open({ storage, shard, signCheckpoint, readCheckpoint, anchor, clock });
    return {
      tree,
      storage,
      close: async () => {
        // Both, whatever the first does.
        await tree.close().finally(() => storage.close());
      },
    };
  } catch (error) {
    await storage.close().catch(() => {});
    throw error;
  }
}

let appended = 0;

/** Of every other leaf, more than a page of the database. */
function attachmentOf(data) {
  return /[02468]$/.test(data) ? Buffer.from(data.repeat(700)) : undefined;
}

/** Appends `count` leaves at once, of which no two are equal. What is refused must be refused with a code. */
export async function append(tree, record, count) {
  const refusals = [];
  const work = Array.from({ length: count }, async () => {
    appended += 1;
    const data = `leaf ${appended}`;
    const attachment = attachmentOf(data);
    try {
      record.acknowledge(data, await tree.append({ data: Buffer.from(data), annex: Buffer.from('{}'), attachment }));
    } catch (error) {
      if (typeof error.code !== 'string' || !error.code.startsWith('ERR_')) throw error;
      refusals.push(error.code);
    }
  });
  await Promise.all(work);
  record.checkpoints.add(tree.snapshot.checkpoint);
  return refusals;
}

/**
 * Opens the tree again where nothing fails, and throws unless all of `record` holds: every leaf is
 * where it was acknowledged, the whole tree has its signed root, every checkpoint shown is a prefix
 * of it, and it goes on.
 */
export async function checkTree(folder, record) {
  const { tree, storage, close } = await openTree(folder);
  try {
    const { size, root } = tree.snapshot;
    for (const [index, data] of record.acknowledged) {
      const leaf = await tree.entry(index);
      if (leaf === undefined) throw new Error(`leaf ${index} is lost`);
      if (Buffer.from(leaf.data).toString() !== data) throw new Error(`leaf ${index} is another one`);
      const attachment = attachmentOf(data)?.toString();
      const kept = await tree.attachment(index);
      if ((kept && Buffer.from(kept).toString()) !== attachment) throw new Error(`the attachment of ${index} is lost`);
    }
    const leaves = await storage.leaves(shard.id, 0, size + 1);
    if (leaves.length !== size) throw new Error(`${leaves.length} leaves in a tree of ${size}`);
    const attachments = await storage.attachments(shard.id, 0, size + 1000);
    const due = leaves.filter(({ data }) => attachmentOf(Buffer.from(data).toString()) !== undefined);
    if (attachments.map(({ index }) => index).join() !== due.map(({ index }) => index).join())
      throw new Error('other attachments than leaves that have one');
    if (!Buffer.from(naiveRoot(leaves.map(({ data }) => leafHash(data)))).equals(root)) throw new Error('another root');
    for (const checkpoint of record.checkpoints) {
      const seen = readCheckpoint(checkpoint);
      if (seen.size > size) throw new Error(`the tree has ${size} leaves, and had shown ${seen.size}`);
      const hashes = await tree.consistencyProof(seen.size, size);
      verifyConsistency({ first: seen.size, second: size, firstRoot: seen.root, secondRoot: root, hashes });
    }
    const before = record.acknowledged.size;
    await append(tree, record, 3);
    if (record.acknowledged.size !== before + 3) throw new Error('it does not go on');
  } finally {
    await close();
  }
}

/** RFC 6962 §2.1, of leaf hashes. */
function naiveRoot(hashes) {
  if (hashes.length === 0) return createHash('sha256').digest();
  if (hashes.length === 1) return hashes[0];
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(naiveRoot(hashes.slice(0, split)), naiveRoot(hashes.slice(split)));
}
