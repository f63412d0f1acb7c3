import { CountersignError } from '@countersign/errors';
import type { LeafHash } from '@countersign/merkle';
import type { TreeLimits } from './limits.ts';
import type { ShardIndex, Snapshot } from './shard.ts';

/** A leaf that waits for its place. */
export interface Candidate {
  readonly hash: LeafHash;
  readonly data: Uint8Array;
  readonly identity: Uint8Array | undefined;
  readonly annex: Uint8Array | undefined;
  readonly attachment: Uint8Array | undefined;
}

/** Where a leaf is, and a tree that holds it. */
export interface Appended {
  readonly index: ShardIndex;
  /** Seconds since 1970; the same on every read. */
  readonly integratedTime: number;
  /** Whether the leaf was there already. */
  readonly duplicate: boolean;
  /** A durable snapshot with the leaf in it: prove inclusion against this one. */
  readonly snapshot: Snapshot;
}

/** What the sequencer stands on. */
export interface SequencerPorts {
  /** Where a stored leaf with this identity is; undefined when there is none. */
  readonly find: (identity: Uint8Array) => Promise<Appended | undefined>;
  /** Makes leaves durable, in order. Never called again before it is done. */
  readonly commit: (
    leaves: readonly Candidate[],
  ) => Promise<{ readonly first: number; readonly integratedTime: number; readonly snapshot: Snapshot }>;
}

interface Waiter {
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/** An append that is held back. */
interface Held extends Waiter {
  readonly leaf: Candidate;
  readonly bytes: number;
}

interface Pending {
  readonly key: string;
  readonly leaf: Candidate;
  readonly bytes: number;
  /** The first appends the leaf, all others are its duplicates. */
  readonly waiters: Waiter[];
}

/**
 * Puts leaves in order: one bounded queue, one commit at a time. There is no timer: a commit
 * starts as soon as the one before has ended and something waits.
 */
export class Sequencer {
  readonly #limits: TreeLimits;
  readonly #ports: SequencerPorts;
  /** By identity: everything between being appended and being answered. */
  readonly #pending = new Map<string, Pending>();
  /** Known not to be stored, in order. */
  #queue: Pending[] = [];
  #running = false;
  #waiting = 0;
  #waitingBytes = 0;
  #closed = false;
  /** What is appended while it holds; undefined while it does not. */
  #held: Held[] | undefined;
  /** Told when nothing is pending. */
  #idle: (() => void)[] = [];
  /** Told when nothing waits, held or not. */
  #drained: (() => void)[] = [];

  constructor(limits: TreeLimits, ports: SequencerPorts) {
    this.#limits = limits;
    this.#ports = ports;
  }

  /** Appends that have not been answered. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves when the leaf is durable, at its new place or at the one it had. */
  append(leaf: Candidate): Promise<Appended> {
    return new Promise((resolve, reject) => {
      const bytes = leaf.data.length + (leaf.annex?.length ?? 0) + (leaf.attachment?.length ?? 0);
      this.#admit(bytes);
      this.#waiting += 1;
      this.#waitingBytes += bytes;
      const held = { leaf, bytes, resolve, reject };
      if (this.#held === undefined) this.#start(held);
      else this.#held.push(held);
    });
  }

  /** Refuses further appends with `ERR_SHUTTING_DOWN`, and resolves when all before are answered. */
  drain(): Promise<void> {
    this.#closed = true;
    if (this.#waiting === 0) return Promise.resolve();
    return new Promise((resolve) => this.#drained.push(resolve));
  }

  /**
   * Holds back what is appended from now on, within the same limits, and resolves when all before are answered: nothing
   * is committed after that until {@link release}.
   */
  async hold(): Promise<void> {
    this.#held ??= [];
    if (this.#pending.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Ends a hold: what was held back goes on as if it had just been appended, or is rejected with `refusal`. */
  release(refusal?: CountersignError): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const one of held) {
      if (refusal === undefined) this.#start(one);
      else {
        this.#answered(1, one.bytes);
        one.reject(refusal);
      }
    }
  }

  #start({ leaf, bytes, resolve, reject }: Held): void {
    const identity = leaf.identity ?? leaf.hash;
    const key = Buffer.from(identity.buffer, identity.byteOffset, identity.byteLength).toString('latin1');
    const before = this.#pending.get(key);
    if (before !== undefined) {
      before.waiters.push({ resolve, reject });
      // Its bytes are there once.
      this.#waitingBytes -= bytes;
      return;
    }
    const pending = { key, leaf, bytes, waiters: [{ resolve, reject }] };
    // Registered before storage is asked: an equal leaf is either found there or met here, never missed.
    this.#pending.set(key, pending);
    this.#ports.find(identity).then(
      (stored) => (stored === undefined ? this.#enqueue(pending) : this.#settle(pending, () => stored)),
      (error: unknown) => this.#fail(pending, error),
    );
  }

  #admit(bytes: number): void {
    const { leafBytes, queueEntries, queueBytes, retryAfterSeconds } = this.#limits;
    if (this.#closed) throw new CountersignError('ERR_SHUTTING_DOWN', 'the log is stopping and takes no more entries');
    if (bytes > leafBytes) {
      throw new CountersignError('ERR_TOO_LARGE', `the entry has ${bytes} bytes; the limit is ${leafBytes}`);
    }
    if (this.#waiting < queueEntries && this.#waitingBytes + bytes <= queueBytes) return;
    throw new CountersignError(
      'ERR_QUEUE_FULL',
      `${this.#waiting} entries are waiting, which is as many as the log takes`,
      {
        details: { retryAfterSeconds },
      },
    );
  }

  #enqueue(pending: Pending): void {
    this.#queue.push(pending);
    if (this.#running) return;
    this.#running = true;
    setImmediate(() => void this.#run());
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.slice(0, this.#limits.commitEntries);
      this.#queue = this.#queue.slice(batch.length);
      try {
        const { first, integratedTime, snapshot } = await this.#ports.commit(batch.map(({ leaf }) => leaf));
        for (const [offset, pending] of batch.entries()) {
          const index = (first + offset) as ShardIndex;
          this.#settle(pending, (duplicate) => ({ index, integratedTime, duplicate, snapshot }));
        }
      } catch (error) {
        for (const pending of batch) this.#fail(pending, error);
      }
      // Lets everything that has arrived meanwhile join the next commit.
      await new Promise(setImmediate);
    }
    this.#running = false;
  }

  #settle(pending: Pending, answer: (duplicate: boolean) => Appended): void {
    this.#forget(pending);
    for (const [place, waiter] of pending.waiters.entries()) waiter.resolve(answer(place > 0));
  }

  #fail(pending: Pending, error: unknown): void {
    this.#forget(pending);
    for (const waiter of pending.waiters) waiter.reject(error);
  }

  #forget(pending: Pending): void {
    this.#pending.delete(pending.key);
    this.#answered(pending.waiters.length, pending.bytes);
    if (this.#pending.size === 0) for (const idle of this.#idle.splice(0)) idle();
  }

  #answered(appends: number, bytes: number): void {
    this.#waiting -= appends;
    this.#waitingBytes -= bytes;
    if (this.#waiting === 0) for (const drained of this.#drained.splice(0)) drained();
  }
}
