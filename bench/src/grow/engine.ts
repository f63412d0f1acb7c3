// Appends to the tree in a data folder without HTTP and admission, the index behind it, and prints one line of JSON:
//   node bench/dist/grow/engine.js --data DIR --size 10000
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { SearchIndex, writeAnnex } from '@countersign/search';
import { lockDataFolder, openSqliteStorage, type Tree } from '@countersign/tree';
import { type Summary, summarize } from '../summary.ts';
import { countedStorage, type StorageCounts } from './counted-storage.ts';
import { growEntry } from './entry.ts';
import { spread } from './spread.ts';
import { openTree } from './tree.ts';

/** What the engine under the log reached. Times in milliseconds. */
export interface EngineRun {
  readonly append: Summary;
  readonly appended: StorageCounts;
  /** Processor time of each append, in microseconds, the index's included. */
  readonly appendCpu: number;
  readonly proof: Summary;
  readonly proven: StorageCounts;
}

const appends = 10_000;
const clients = 128;
const proofs = 5_000;

/** Appends new entries, each with the proof that an upload is answered with. */
async function append(tree: Tree): Promise<Summary> {
  // Far beyond all entries of a fill, and other ones every time.
  const from = Date.now() * 1000;
  const entries = Array.from({ length: appends }, (_, at) => growEntry(from + at));
  const latencies: number[] = [];
  const started = performance.now();
  let next = 0;
  const client = async (): Promise<void> => {
    for (let entry = entries[next++]; entry !== undefined; entry = entries[next++]) {
      const sent = performance.now();
      const { index, snapshot } = await tree.append({ data: entry.body, annex: writeAnnex(entry.indexKeys) });
      await tree.inclusionProof(index, snapshot);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  return summarize(latencies, (performance.now() - started) / 1000);
}

/** Proves entries all over the tree. */
async function prove(tree: Tree, size: number): Promise<Summary> {
  const latencies: number[] = [];
  const started = performance.now();
  for (const index of spread(size, proofs)) {
    const sent = performance.now();
    await tree.inclusionProof(index, tree.snapshot);
    latencies.push(performance.now() - sent);
  }
  return summarize(latencies, (performance.now() - started) / 1000);
}

async function run(data: string, size: number): Promise<EngineRun> {
  const lock = lockDataFolder(data);
  const logLocation = join(data, 'log.sqlite');
  const { storage, counts } = countedStorage(await openSqliteStorage(logLocation));
  const counted = async (work: () => Promise<Summary>): Promise<[Summary, StorageCounts]> => {
    Object.assign(counts, { tilesRead: 0, tilesWritten: 0, commits: 0 });
    const summary = await work();
    return [summary, { ...counts }];
  };
  try {
    const [shard] = await storage.shards();
    if (shard === undefined) throw new Error(`there is no log in ${data}`);
    const tree = await openTree(data, storage, shard);
    const index = await SearchIndex.open(
      {
        path: join(data, 'search.sqlite'),
        logLocation,
        log: storage,
        shards: [{ id: shard.id, treeId: shard.treeId, size: tree.snapshot.size }],
      },
      { onWarning: (message, cause) => process.stderr.write(`${message}: ${cause}\n`) },
    );
    tree.watch((batch) => index.committed(batch));
    const [proof, proven] = await counted(() => prove(tree, size));
    const before = process.cpuUsage();
    const [appendSummary, appended] = await counted(() => append(tree));
    await tree.close();
    // Writes what is still to be indexed.
    await index.close();
    const { user, system } = process.cpuUsage(before);
    return { append: appendSummary, appended, appendCpu: (user + system) / appends, proof, proven };
  } finally {
    await storage.close();
    lock.release();
  }
}

const { values } = parseArgs({ options: { data: { type: 'string' }, size: { type: 'string' } } });
if (values.data === undefined || values.size === undefined) throw new Error('--data and --size are needed');
process.stdout.write(`${JSON.stringify(await run(values.data, Number(values.size)))}\n`);
