import { randomUUID } from 'node:crypto';
import { CountersignError } from '@countersign/errors';
import { leafHash } from '@countersign/merkle';
import { type Appended, type AppendRequest, type Growth, type SharedStorage, treeLimits } from '@countersign/tree';
import { sharedLimits } from './limits.ts';
import { sealSubmission } from './sealed-submission.ts';
import type { Shard } from './shard.ts';
import { isStorageFailure } from './storage-failure.ts';
import type { Placed } from './uploads.ts';

/** What a {@link Forwarder} stands on. */
export interface ForwarderPorts {
  readonly storage: Pick<SharedStorage, 'submit' | 'settle'>;
  /** The shard that takes uploads, as far as this node knows. */
  readonly active: () => Shard;
  /** Milliseconds, of a clock that is never set. */
  readonly now: () => number;
  /** Uploads that may wait, and their bytes together. */
  readonly limits: { readonly queueEntries: number; readonly queueBytes: number };
}

interface Waiter {
  readonly resolve: (placed: Placed) => void;
  readonly reject: (error: unknown) => void;
}

interface Waiting {
  readonly id: string;
  readonly request: AppendRequest;
  readonly hash: Uint8Array;
  readonly bytes: number;
  readonly since: number;
  readonly waiters: Waiter[];
  /** Whether the leaf was looked for, and was not there: then it is the first of these uploads that brings it. */
  isNew: boolean;
  /** Not sent, on its way, or left for the node that sequences. */
  state: 'here' | 'leaving' | 'left';
}

/**
 * Uploads that another node sequences: each is left in the shared queue, and answered when the tree of this node shows
 * it. An entry is known by its leaf hash.
 */
export class Forwarder {
  readonly #ports: ForwarderPorts;
  /** By leaf hash. */
  readonly #waiting = new Map<string, Waiting>();
  #uploads = 0;
  #bytes = 0;
  #closed = false;
  /** Told when nothing waits. */
  #empty: (() => void)[] = [];

  constructor(ports: ForwarderPorts) {
    this.#ports = ports;
  }

  /**
   * Resolves when the entry is shown.
   *
   * @param isNew whether it is known not to have been in the log when the upload came
   * @throws `ERR_QUEUE_FULL`, `ERR_SHUTTING_DOWN`, `ERR_TOO_LARGE`; `ERR_NO_SEQUENCER` when nobody has sequenced it in
   * time: it may still be
   */
  append(request: AppendRequest, isNew: boolean): Promise<Placed> {
    return new Promise((resolve, reject) => {
      const bytes = request.data.length + (request.annex?.length ?? 0) + (request.attachment?.length ?? 0);
      this.#admit(bytes);
      this.#uploads += 1;
      const waiter = { resolve, reject };
      const hash = leafHash(request.data);
      const before = this.#waiting.get(keyOf(hash));
      if (before !== undefined) {
        before.waiters.push(waiter);
        return;
      }
      this.#bytes += bytes;
      const since = this.#ports.now();
      const id = randomUUID();
      const waiting: Waiting = { id, request, hash, bytes, since, waiters: [waiter], isNew, state: 'here' };
      this.#waiting.set(keyOf(hash), waiting);
      void this.#send(waiting);
    });
  }

  /** Takes what the tree of a shard shows from now on, in that step. */
  grown(shard: Shard, { first, leaves, snapshot }: Growth): void {
    if (this.#waiting.size === 0) return;
    // What was left out may be among it.
    if (leaves.length === 0) this.look();
    for (const [offset, { hash, integratedTime }] of leaves.entries()) {
      const waiting = this.#waiting.get(keyOf(hash));
      const index = (first + offset) as Appended['index'];
      if (waiting !== undefined) this.#answer(waiting, shard, { index, integratedTime, duplicate: false, snapshot });
    }
  }

  /** Looks for everything that waits: what has come while nobody told of it. */
  look(): void {
    for (const waiting of this.#waiting.values()) void this.#find(waiting).catch(() => undefined);
  }

  /** Sends again what could not be sent, and gives up what has waited too long. To be called every second or so. */
  sweep(): void {
    const late: string[] = [];
    for (const waiting of this.#waiting.values()) {
      if (this.#ports.now() - waiting.since >= sharedLimits.waitMs) {
        late.push(waiting.id);
        this.#fail(waiting, noSequencer('the node that sequences has not answered in time'));
      } else if (waiting.state === 'here') void this.#send(waiting);
    }
    // A submission that stays is sequenced or found to be there: it does no harm.
    if (late.length > 0) void this.#ports.storage.settle(late).catch(() => undefined);
  }

  /** Takes no more, and resolves when nothing waits: {@link sweep} sees to that. */
  drain(): Promise<void> {
    this.#closed = true;
    if (this.#waiting.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#empty.push(resolve));
  }

  async #send(waiting: Waiting): Promise<void> {
    waiting.state = 'leaving';
    try {
      if (await this.#find(waiting)) return;
      waiting.isNew = true;
      const { signer } = this.#ports.active();
      await this.#ports.storage.submit(await sealSubmission(waiting.id, waiting.request, signer));
      waiting.state = 'left';
    } catch (error) {
      if (isStorageFailure(error)) waiting.state = 'here';
      else this.#fail(waiting, error);
    }
  }

  /** Answers what is in the active shard. */
  async #find(waiting: Waiting): Promise<boolean> {
    const shard = this.#ports.active();
    const found = await shard.tree.findAppended(waiting.hash);
    if (found === undefined) return false;
    this.#answer(waiting, shard, { ...found, duplicate: !waiting.isNew });
    return true;
  }

  #admit(bytes: number): void {
    const { queueEntries, queueBytes } = this.#ports.limits;
    const { leafBytes, retryAfterSeconds } = treeLimits;
    if (this.#closed) throw new CountersignError('ERR_SHUTTING_DOWN', 'the log is stopping and takes no more entries');
    if (bytes > leafBytes) {
      throw new CountersignError('ERR_TOO_LARGE', `the entry has ${bytes} bytes; the limit is ${leafBytes}`);
    }
    if (this.#uploads < queueEntries && this.#bytes + bytes <= queueBytes) return;
    const message = `${this.#uploads} entries are waiting, which is as many as the log takes`;
    throw new CountersignError('ERR_QUEUE_FULL', message, { details: { retryAfterSeconds } });
  }

  #answer(waiting: Waiting, shard: Shard, appended: Appended): void {
    if (!this.#forget(waiting)) return;
    for (const [place, { resolve }] of waiting.waiters.entries()) {
      resolve([shard, { ...appended, duplicate: appended.duplicate || place > 0 }]);
    }
  }

  #fail(waiting: Waiting, error: unknown): void {
    if (this.#forget(waiting)) for (const { reject } of waiting.waiters) reject(error);
  }

  #forget({ hash, waiters, bytes, id }: Waiting): boolean {
    // Another upload of the same may have taken its place.
    if (this.#waiting.get(keyOf(hash))?.id !== id) return false;
    this.#waiting.delete(keyOf(hash));
    this.#uploads -= waiters.length;
    this.#bytes -= bytes;
    if (this.#waiting.size === 0) for (const empty of this.#empty.splice(0)) empty();
    return true;
  }
}

/** The refusal of an upload that no node sequences now. */
export function noSequencer(why: string, cause?: unknown): CountersignError {
  return new CountersignError('ERR_NO_SEQUENCER', `${why}; try again`, {
    cause,
    details: { retryAfterSeconds: sharedLimits.retryAfterSeconds },
  });
}

function keyOf(hash: Uint8Array): string {
  return Buffer.from(hash.buffer, hash.byteOffset, hash.byteLength).toString('latin1');
}
