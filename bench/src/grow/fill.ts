import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SearchIndex, writeAnnex } from '@countersign/search';
import { lockDataFolder, openSqliteStorage, type ShardRecord, type TreeStorage } from '@countersign/tree';
import { growEntry } from './entry.ts';
import { openTree } from './tree.ts';

/** Commits of a fill are larger than a node's, so that ten million entries are there within the hour. */
const limits = { commitEntries: 2048, queueEntries: 8192 };
const atOnce = 4096;
/** Leaves that one transaction indexes. */
const indexedAtOnce = 65_536;
/** Entries between two closings: what a fill that is killed may have to index again. */
const step = 1_000_000;
/** Bytes that stay free on the disk. */
const spare = 15 * 2 ** 30;

/** Told how far a fill has come. */
export type Tell = (message: string) => void;

/**
 * Fills the log in `data`, which a node has made, to exactly `size` entries, the index with it: by the tree's own path
 * (sequencer, committer, SQLite, signed checkpoints), without admission and HTTP. Goes on where an earlier fill ended,
 * however that was.
 */
export async function fill(data: string, size: number, tell: Tell): Promise<void> {
  const lock = lockDataFolder(data);
  try {
    while (!(await fillStep(data, size, tell)));
  } finally {
    lock.release();
  }
}

/** Indexes what is stored, then appends at most a step more. Gives whether nothing was left to append. */
async function fillStep(data: string, size: number, tell: Tell): Promise<boolean> {
  await checkSpace(data);
  const storage = await openSqliteStorage(join(data, 'log.sqlite'));
  try {
    const [shard] = await storage.shards();
    if (shard === undefined) throw new Error(`there is no log in ${data}`);
    const stored = (await storage.latest(shard.id))?.size ?? 0;
    if (stored > size) throw new Error(`${data} has ${stored} entries, more than ${size}`);
    await index(data, storage, { id: shard.id, treeId: shard.treeId, size: stored }, tell);
    if (stored < size) await append(data, storage, shard, Math.min(size, stored + step), tell);
    return stored === size;
  } finally {
    await storage.close();
  }
}

async function append(data: string, storage: TreeStorage, shard: ShardRecord, to: number, tell: Tell): Promise<void> {
  const tree = await openTree(data, storage, shard, limits);
  const from = tree.snapshot.size;
  const started = performance.now();
  let next: number = from;
  const client = async (): Promise<void> => {
    for (let n = next++; n < to; n = next++) {
      const { body, indexKeys } = growEntry(n);
      const { index } = await tree.append({ data: body, annex: writeAnnex(indexKeys) });
      if (index !== n) throw new Error(`entry ${n} came to index ${index}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, client));
  } finally {
    await tree.close();
  }
  tell(`${to} entries, the last ${to - from} at ${perSecond(to - from, started)}`);
}

/** Has the node's own index write what it lacks. */
async function index(
  data: string,
  log: TreeStorage,
  shard: { readonly id: number; readonly treeId: string; readonly size: number },
  tell: Tell,
): Promise<void> {
  const started = performance.now();
  const files = { path: join(data, 'search.sqlite'), logLocation: join(data, 'log.sqlite') };
  const setup = { ...files, log, shards: [shard], limits: { batchLeaves: indexedAtOnce } };
  const search = await SearchIndex.open(setup, { onWarning: tell });
  const lacked = shard.size - search.state.indexed;
  // The closing writes what is less than a batch.
  while (search.state.total - search.state.indexed >= indexedAtOnce && search.state.failures === 0) await delay(50);
  await search.close();
  if (search.state.indexed < shard.size) throw new Error(`only ${search.state.indexed} of ${shard.size} are indexed`);
  if (lacked > 0) tell(`${shard.size} indexed, the last ${lacked} at ${perSecond(lacked, started)}`);
}

async function checkSpace(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < spare) throw new Error(`less than ${spare / 2 ** 30} GiB are free in ${folder}: the fill stops`);
}

function perSecond(count: number, started: number): string {
  return `${((count / (performance.now() - started)) * 1000).toFixed(0)}/s`;
}
