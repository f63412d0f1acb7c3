import { parentPort, workerData } from 'node:worker_threads';
import { openTreeReader, type TreeReader } from '@countersign/tree';
import { checkIndexed, Indexer, type IndexShard } from './indexer.ts';
import { isDamaged, removeIndex } from './storage/index-file.ts';
import type { Opened, WorkerFiles, WorkerReply, WorkerRequest } from './worker-protocol.ts';

// Runs in a worker thread, started by IndexWorker.

class Work {
  readonly #files: WorkerFiles;
  #log: TreeReader | undefined;
  #indexer: Indexer | undefined;

  constructor(files: WorkerFiles) {
    this.#files = files;
  }

  async answer(request: WorkerRequest) {
    switch (request.type) {
      case 'open':
        return this.#open(request.shards, request.renew);
      case 'advance':
        if (this.#indexer === undefined) throw new Error('the index is not open');
        return this.#indexer.advance(request.shard, request.batchLeaves);
      case 'close':
        return this.#close();
    }
  }

  async #open(shards: readonly IndexShard[], renew: boolean): Promise<Opened> {
    this.#indexer?.close();
    this.#indexer = undefined;
    this.#log ??= await openTreeReader(this.#files.log);
    if (renew) removeIndex(this.#files.index);
    const discarded = await whyDiscard(this.#log, this.#files.index, shards);
    if (discarded !== undefined) removeIndex(this.#files.index);
    const indexer = new Indexer(this.#log, this.#files.index);
    this.#indexer = indexer;
    return { sizes: new Map(indexer.indexed().map(({ shard, size }) => [shard, size])), discarded };
  }

  async #close(): Promise<undefined> {
    this.#indexer?.close();
    await this.#log?.close();
  }
}

/** Looks whether the index that is there, if any, is whole and of this log. */
async function whyDiscard(log: TreeReader, path: string, shards: readonly IndexShard[]): Promise<string | undefined> {
  try {
    const indexer = new Indexer(log, path);
    try {
      return await checkIndexed(indexer.indexed(), shards, log);
    } finally {
      indexer.close();
    }
  } catch (error) {
    if (isDamaged(error)) return messageOf(error);
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const work = new Work(workerData as WorkerFiles);

parentPort?.on('message', async (request: WorkerRequest) => {
  let reply: WorkerReply;
  try {
    reply = { answer: await work.answer(request) };
  } catch (error) {
    reply = { failure: { message: messageOf(error), damaged: isDamaged(error) } };
  }
  parentPort?.postMessage(reply);
  if (request.type === 'close') parentPort?.close();
});
