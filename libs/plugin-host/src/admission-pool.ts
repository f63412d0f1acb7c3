import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { CountersignError, hasCode } from '@countersign/errors';
import type { AdmissionRequest } from '@countersign/plugin-api';
import { Piscina } from 'piscina';
import type { Batch, BatchResult, Outcome, Task, WorkerSettings } from './admission-protocol.ts';
import { type AdmissionLimits, admissionLimits } from './limits.ts';
import { pack, unpack } from './packed.ts';
import type { CanonicalEntry, ShownEntry } from './plugin-host.ts';
import type { AdmissionSettings } from './policies.ts';
import { pluginInvalid } from './refusal.ts';
import type { Ruling } from './ruling.ts';
import { fromWire } from './wire-error.ts';

/** How a pool is made. */
export interface AdmissionPoolOptions extends Omit<WorkerSettings, 'attestations'> {
  /** Whether entries come with their attestations; without unless told. */
  readonly attestations?: boolean;
  /** {@link defaultWorkers} when absent. */
  readonly workers?: number;
  /** Those not named are {@link admissionLimits}'. */
  readonly limits?: Partial<AdmissionLimits>;
  /** Told of every worker that had to be replaced, and why. */
  readonly onWorkerLost?: (error: Error) => void;
  /** Told of every upload that the policies denied, under `warn` as well, and of every policy that failed. */
  readonly onRuling?: (ruling: PoolRuling) => void;
}

/** What the policies said of an upload, and what they were asked about. */
export interface PoolRuling extends Ruling {
  readonly mode: AdmissionSettings['mode'];
  readonly kind: string;
  readonly request: AdmissionRequest;
}

/** A core is left to the main thread; four workers verify more than one writer can append. */
export function defaultWorkers(): number {
  return Math.min(4, Math.max(1, availableParallelism() - 1));
}

interface Done {
  readonly outcome: Exclude<Outcome, { readonly error: unknown }>;
  /** The body of an entry, or a canonical key. */
  readonly body: Uint8Array;
}

/** What a worker is asked. */
interface Asked {
  readonly input: Uint8Array;
  readonly task: Task;
}

interface Job extends Asked {
  readonly resolve: (done: Done) => void;
  readonly reject: (error: CountersignError) => void;
  /** Goes by itself: it was in a batch that was lost. */
  readonly alone: boolean;
}

/** A thread, and all that take its place: each has a Piscina of its own, so that a message's time begins when it can begin. */
type Worker = Piscina<unknown, BatchResult>;

/** A proposal is done within a millisecond: more room for what is soon dead is only more memory, at the same rate. */
const youngGenerationMebibytes = 8;

/** The built file, from `dist` and from the sources alike: a worker cannot run TypeScript. */
const workerFile = fileURLToPath(new URL('../dist/admission-worker.js', import.meta.url));

/**
 * Admits proposals in worker threads, so that neither slow parsing nor a plugin's bug stops
 * the node.
 *
 * There is no timer before work: a proposal goes to an idle worker at once, and while all
 * are busy proposals gather, to go together in one message as soon as one is free.
 */
export class AdmissionPool {
  readonly #limits: AdmissionLimits;
  readonly #workers: readonly Worker[];
  /** Those that have nothing to do. */
  readonly #idle: Worker[] = [];
  readonly #mode: AdmissionSettings['mode'];
  readonly #onWorkerLost: (error: Error) => void;
  readonly #onRuling: (ruling: PoolRuling) => void;
  readonly #waiting: Job[] = [];
  readonly #running = new Set<Promise<void>>();
  #jobs = 0;
  #bytes = 0;
  #closing = false;

  private constructor({
    folders,
    digests,
    admission = { mode: 'enforce', policies: [] },
    attestations = false,
    workers = defaultWorkers(),
    limits = {},
    onWorkerLost = () => undefined,
    onRuling = () => undefined,
  }: AdmissionPoolOptions) {
    this.#limits = { ...admissionLimits, ...limits };
    this.#mode = admission.mode;
    this.#onWorkerLost = onWorkerLost;
    this.#onRuling = onRuling;
    const start = () =>
      new Piscina<unknown, BatchResult>({
        filename: workerFile,
        workerData: { folders, digests, admission, attestations } satisfies WorkerSettings,
        minThreads: 1,
        maxThreads: 1,
        idleTimeout: Number.POSITIVE_INFINITY,
        resourceLimits: {
          maxOldGenerationSizeMb: Math.ceil(this.#limits.heapBytes / 2 ** 20),
          maxYoungGenerationSizeMb: youngGenerationMebibytes,
        },
      });
    this.#workers = Array.from({ length: workers }, start);
    // One that dies between two messages; Piscina starts another.
    for (const worker of this.#workers) worker.on('error', this.#onWorkerLost);
  }

  /**
   * Starts the workers and waits until each has loaded the plugins.
   *
   * @throws `ERR_PLUGIN_INVALID` when a worker does not find what `digests` names, cannot load it, or not in time
   * @throws `ERR_CONFIG_INVALID` when an admission policy is not there, or does not take its settings
   */
  static async start(options: AdmissionPoolOptions): Promise<AdmissionPool> {
    const pool = new AdmissionPool(options);
    try {
      await Promise.all(pool.#workers.map((worker) => pool.#warmUp(worker)));
      pool.#idle.push(...pool.#workers);
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  /** The number of worker threads. */
  get workers(): number {
    return this.#workers.length;
  }

  /** Proposals waiting or being worked on. */
  get depth(): number {
    return this.#jobs;
  }

  /**
   * Admits one proposal, as `PluginHost.admit` does. The bytes must not change until it is done.
   *
   * @param request what it came with. The policies are asked about uploads alone: without a request they are not
   * @throws what `PluginHost.admit` throws
   * @throws `ERR_ADMISSION_DENIED` with the ids of the policies in `details.policies`
   * @throws `ERR_QUEUE_FULL` when too many, or too large ones, are waiting
   * @throws `ERR_TIMEOUT` when the proposal by itself takes longer than the limit
   * @throws `ERR_SHUTTING_DOWN` after {@link close}
   */
  async admit(proposal: Uint8Array, request?: AdmissionRequest): Promise<CanonicalEntry> {
    const { outcome, body } = await this.#do(proposal, { is: 'proposal', request });
    const { entry, ruling } = outcome as Extract<Outcome, { readonly entry: unknown }>;
    const admitted = { ...entry, body };
    if (ruling !== undefined && request !== undefined) this.#heed({ ...ruling, kind: admitted.kind, request });
    return admitted;
  }

  /**
   * The canonical bytes of a public key, as `PluginHost.canonicalKey` makes them: keys are parsed where proposals are,
   * and wait with them.
   *
   * @throws what `PluginHost.canonicalKey` and {@link admit} throw
   */
  async canonicalKey(format: string, key: Uint8Array): Promise<Uint8Array> {
    return (await this.#do(key, { is: 'key', format })).body;
  }

  /**
   * What a logged body shows of itself in a list, as `PluginHost.display` says.
   *
   * @throws what `PluginHost.display` and {@link admit} throw
   */
  async display(body: Uint8Array): Promise<ShownEntry> {
    const { outcome } = await this.#do(body, { is: 'body' });
    return (outcome as Extract<Outcome, { readonly shown: unknown }>).shown;
  }

  #heed(ruling: Omit<PoolRuling, 'mode'>): void {
    const { denial, failures } = ruling;
    if (denial !== undefined || failures.length > 0) this.#onRuling({ ...ruling, mode: this.#mode });
    if (denial === undefined || this.#mode === 'warn') return;
    throw new CountersignError('ERR_ADMISSION_DENIED', denial.reason, { details: { policies: denial.policies } });
  }

  async #do(input: Uint8Array, task: Task): Promise<Done> {
    if (this.#closing) throw new CountersignError('ERR_SHUTTING_DOWN', 'the node is stopping');
    if (this.#jobs >= this.#limits.jobs || this.#bytes + input.length > this.#limits.bytes) {
      throw new CountersignError('ERR_QUEUE_FULL', 'too many proposals are waiting to be verified');
    }
    this.#jobs += 1;
    this.#bytes += input.length;
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.push({ input, task, resolve, reject, alone: false });
        this.#dispatch();
      });
    } finally {
      this.#jobs -= 1;
      this.#bytes -= input.length;
    }
  }

  /** Takes no more proposals, finishes those it has, and ends the workers. */
  async close(): Promise<void> {
    this.#closing = true;
    while (this.#running.size > 0) await Promise.all(this.#running);
    await Promise.all(this.#workers.map((worker) => worker.destroy()));
  }

  /** An empty proposal is refused by every host that has loaded. */
  async #warmUp(worker: Worker): Promise<void> {
    const { outcomes } = await this.#send(
      worker,
      [{ input: new Uint8Array(), task: { is: 'proposal', request: undefined } }],
      this.#limits.startTime,
    ).catch((cause: unknown) => {
      const late = hasCode(cause, 'ERR_TIMEOUT');
      const why = late ? `not loaded within ${this.#limits.startTime} ms` : 'the thread ended while it loaded';
      throw pluginInvalid('in a worker thread', why, late ? undefined : (cause as Error).cause);
    });
    const [outcome] = outcomes;
    if (outcome !== undefined && 'error' in outcome && outcome.error.code !== 'ERR_SCHEMA')
      throw fromWire(outcome.error);
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      const worker = this.#idle.pop();
      if (worker === undefined) return;
      const run = this.#run(worker, this.#take()).finally(() => {
        this.#running.delete(run);
        this.#idle.push(worker);
        this.#dispatch();
      });
      this.#running.add(run);
    }
  }

  #take(): Job[] {
    const alone = this.#waiting.findIndex((job) => job.alone);
    if (alone === 0) return this.#waiting.splice(0, 1);
    return this.#waiting.splice(0, alone === -1 ? this.#limits.batch : Math.min(alone, this.#limits.batch));
  }

  async #run(worker: Worker, batch: readonly Job[]): Promise<void> {
    try {
      settle(batch, await this.#send(worker, batch, this.#limits.time));
    } catch (error) {
      this.#lost(batch, error as CountersignError);
      // The next message's time begins when the new worker can work. If it cannot, that message's jobs are told.
      await this.#warmUp(worker).catch(() => undefined);
    }
  }

  /**
   * Sends one message to a worker, which is gone and being replaced when this throws.
   *
   * @throws `ERR_TIMEOUT`; `ERR_INTERNAL` when the worker ended
   */
  async #send(worker: Worker, jobs: readonly Asked[], milliseconds: number): Promise<BatchResult> {
    const message: Batch = {
      ...pack(jobs.map(({ input }) => input)),
      tasks: jobs.map(({ task }) => task),
    };
    const limit = new AbortController();
    const timer = setTimeout(() => limit.abort(), milliseconds);
    try {
      return await worker.run(message, {
        signal: limit.signal,
        transferList: [message.bytes.buffer as ArrayBuffer],
      });
    } catch (cause) {
      if (limit.signal.aborted) throw new CountersignError('ERR_TIMEOUT', 'verification took too long', { cause });
      throw new CountersignError('ERR_INTERNAL', 'the worker that verified it ended', { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  /** The worker is gone and being replaced. Only a proposal that was alone is known to be the cause. */
  #lost(batch: readonly Job[], error: CountersignError): void {
    this.#onWorkerLost(error);
    if (batch.length === 1) {
      for (const job of batch) job.reject(error);
    } else {
      this.#waiting.unshift(...batch.map((job) => ({ ...job, alone: true })));
    }
  }
}

function settle(batch: readonly Job[], { outcomes, bodies }: BatchResult): void {
  const views = unpack(bodies);
  batch.forEach((job, at) => {
    const outcome: Outcome | undefined = outcomes[at];
    const body = views[at];
    if (outcome === undefined || body === undefined) job.reject(new CountersignError('ERR_INTERNAL', 'no answer'));
    else if ('error' in outcome) job.reject(fromWire(outcome.error));
    // A copy, so that one entry does not keep the whole batch in memory.
    else job.resolve({ outcome, body: body.slice() });
  });
}
