import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { CountersignError } from '@countersign/errors';
import { damaged } from './storage/index-file.ts';
import type { WorkerAnswers, WorkerFiles, WorkerReply, WorkerRequest } from './worker-protocol.ts';

/** The built file, from `dist` and from the sources alike: a worker cannot run TypeScript. */
const workerFile = fileURLToPath(new URL('../dist/index-worker.js', import.meta.url));

/** A batch with its keys, and what SQLite keeps beside it. */
const heapMebibytes = 256;

/** The thread that writes the index. Started with the first request, and again after it was lost. */
export class IndexWorkerHandle {
  readonly #files: WorkerFiles;
  #worker: Worker | undefined;
  /** Ends the wait of the request under way. */
  #resolve: (reply: WorkerReply) => void = () => undefined;

  constructor(files: WorkerFiles) {
    this.#files = files;
  }

  /** Whether the thread runs; a new one has nothing open. */
  get running(): boolean {
    return this.#worker !== undefined;
  }

  /**
   * Asks the worker. One request at a time.
   *
   * @throws `ERR_STORAGE` with what the worker failed with, or when it ended
   */
  async ask<T extends WorkerRequest['type']>(request: WorkerRequest & { readonly type: T }): Promise<WorkerAnswers[T]> {
    const worker = this.#worker ?? this.#start();
    const reply = await new Promise<WorkerReply>((resolve) => {
      this.#resolve = resolve;
      worker.postMessage(request);
    });
    if ('answer' in reply) return reply.answer as WorkerAnswers[T];
    const { message } = reply.failure;
    throw reply.failure.damaged ? damaged(message) : new CountersignError('ERR_STORAGE', message);
  }

  /** Ends the thread. */
  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const exit = once(worker, 'exit');
    await this.ask({ type: 'close' }).catch(() => worker.terminate());
    await exit;
  }

  #start(): Worker {
    const worker = new Worker(workerFile, {
      workerData: this.#files,
      resourceLimits: { maxOldGenerationSizeMb: heapMebibytes },
    });
    this.#worker = worker;
    let why = 'nothing said';
    worker.on('message', (reply: WorkerReply) => this.#resolve(reply));
    // Without a listener the whole process would end.
    worker.on('error', (error) => {
      why = String(error);
    });
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#resolve({ failure: { message: `the thread that writes the search index ended: ${why}`, damaged: false } });
    });
    return worker;
  }
}
