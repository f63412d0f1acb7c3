import { CountersignError, hasCode } from '@countersign/errors';
import {
  type AppendRequest,
  type Growth,
  type Lease,
  leaseLimits,
  type SharedStorage,
  type Submission,
} from '@countersign/tree';
import { Forwarder, type ForwarderPorts, noSequencer } from './forwarder.ts';
import { sharedLimits } from './limits.ts';
import { openSubmission } from './sealed-submission.ts';
import type { Shard } from './shard.ts';
import type { ShardFollower } from './shard-follower.ts';
import type { Shards } from './shards.ts';
import { isStorageFailure } from './storage-failure.ts';
import type { Placed, Uploads } from './uploads.ts';

/** What a {@link SharedLog} stands on. */
export interface SharedLogPorts {
  readonly storage: SharedStorage;
  /** The name of this process as a holder of the lease. */
  readonly owner: string;
  /** Whether this node ever takes the lease: one that only reads follows for ever. */
  readonly mayLead: boolean;
  readonly shards: Shards;
  readonly follower: ShardFollower;
  /** Milliseconds, of a clock that is never set. */
  readonly now: () => number;
  readonly limits: ForwarderPorts['limits'];
  /** Called with the lease taken and the tree open for commits, before any upload: what a leader has to make good. */
  readonly begin: () => Promise<void>;
  /** Resolves when no change of the shards is under way. */
  readonly settled: () => Promise<void>;
  readonly onRole: (leads: boolean, why: string) => void;
  readonly warn: (message: string, cause?: unknown) => void;
}

/**
 * One of several nodes on one log. It follows: it shows what others commit, and leaves uploads for the node that
 * sequences; or it leads: it has the lease, and sequences its own uploads and those of all others. It never waits to be
 * told that it no longer leads: the storage refuses its commits from the moment on that another has the lease.
 *
 * It promises: what {@link append} has resolved with is in the log once, whoever leads and however often that changes.
 */
export class SharedLog implements Uploads {
  readonly #ports: SharedLogPorts;
  readonly #forwarder: Forwarder;
  #lease: Lease | undefined;
  #leads = false;
  /** When the lease was last taken or renewed. */
  #renewed = 0;
  #renewing = false;
  /** When this node last had all that the database had. */
  #inStep: number;
  #wantsLease = false;
  #closing = false;
  #working: Promise<void> | undefined;
  #again = false;
  /** Uploads that are appended here: each is handed over when this node no longer leads. */
  readonly #here = new Set<(error: unknown) => void>();
  /** Ends when nothing of the time as a leader is left. */
  #leaving: Promise<void> = Promise.resolve();
  /** What the last failure said, until something succeeds. */
  #told: string | undefined;

  constructor(ports: SharedLogPorts) {
    this.#ports = ports;
    this.#inStep = ports.now();
    const { storage, shards, now, limits } = ports;
    this.#forwarder = new Forwarder({ storage, active: () => shards.active, now, limits });
  }

  /** Whether this node sequences. */
  get leads(): boolean {
    return this.#leads;
  }

  /** Milliseconds since this node last had all that the database had; 0 when it leads. */
  get lagMs(): number {
    return this.#leads ? 0 : this.#ports.now() - this.#inStep;
  }

  get failure(): CountersignError | undefined {
    return this.#ports.shards.failure ?? (this.lagMs > sharedLimits.staleMs ? stale(this.lagMs) : undefined);
  }

  /**
   * Appends here when this node leads, and through the queue when it does not, or no longer does before it is done.
   *
   * @throws `ERR_NO_SEQUENCER`: the entry may be in the log all the same; `ERR_QUEUE_FULL`, `ERR_SHUTTING_DOWN`,
   * `ERR_SHARD_FROZEN`, `ERR_TOO_LARGE`
   */
  async append(request: AppendRequest): Promise<Placed> {
    const { shards, follower } = this.#ports;
    const led = this.#leads;
    if (led || follower.isFrozen) {
      try {
        return await this.#appendHere(request);
      } catch (error) {
        if (!led || !this.#isPassing(error)) throw error;
      }
    }
    const { failure } = shards;
    // A doubt about what is stored ends with the next look; all else waits for somebody.
    if (!this.#leads && failure !== undefined && !isStorageFailure(failure)) {
      throw noSequencer('this node cannot follow the log, and takes no uploads', failure);
    }
    // It was looked for when it was appended here.
    return this.#forwarder.append(request, led);
  }

  /** To be told of all that a tree of this node shows, in that step. */
  grown(shard: Shard, growth: Growth): void {
    this.#forwarder.grown(shard, growth);
  }

  /** To be told of a shard that was opened with something in it already. */
  opened(): void {
    this.#forwarder.look();
  }

  /** Takes the first look, and the lease if it is free. Rejects with what the log cannot be followed for. */
  async start(): Promise<void> {
    await this.#follow();
    if (this.#ports.mayLead) await this.#tryLead();
  }

  /** To be called every {@link leaseLimits.renewMs}. */
  beat(): void {
    this.#forwarder.sweep();
    if (this.#leads) {
      const { failure } = this.#ports.shards;
      if (failure !== undefined) this.#stepDown(`it cannot go on: ${failure.message}`);
      else if (this.#ports.now() - this.#renewed >= leaseLimits.ttlMs)
        this.#stepDown('the lease was not renewed in time');
      else void this.#renew();
    } else this.#wantsLease = this.#ports.mayLead && !this.#closing;
    this.changed();
  }

  /** To be called when something may have changed in the storage. Must not be awaited: work goes on behind it. */
  changed(): void {
    this.#again = true;
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  /**
   * Refuses new uploads, and resolves when all before are answered, and the lease is free. {@link beat} must go on until
   * then, and stop after it.
   */
  async close(): Promise<void> {
    this.#closing = true;
    const forwarded = this.#forwarder.drain();
    await this.#ports.settled();
    await this.#ports.shards.close();
    this.#stepDown('it stops');
    await this.#leaving;
    await forwarded;
    await this.idle();
    await this.#ports.shards.close();
  }

  /** Appends, and waits no longer than this node leads: the database may not answer any more. */
  #appendHere(request: AppendRequest): Promise<Placed> {
    return new Promise((resolve, reject) => {
      this.#here.add(reject);
      void this.#ports.shards
        .append(request)
        .then(resolve, reject)
        .finally(() => this.#here.delete(reject));
    });
  }

  /** Resolves when nothing goes on behind {@link changed}. */
  async idle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      try {
        await this.#leaving;
        if (this.#leads) await this.#drain();
        else await this.#follow();
        // It may have stopped leading while it did so, with a change of the shards still under way.
        await this.#leaving;
        if (this.#wantsLease) await this.#tryLead();
        this.#told = undefined;
      } catch (error) {
        if (this.#told !== String(error)) this.#ports.warn('this node cannot follow the log now', error);
        this.#told = String(error);
      }
    }
  }

  async #follow(): Promise<void> {
    const since = this.#ports.now();
    await this.#ports.follower.catchUp(false);
    this.#inStep = since;
  }

  async #tryLead(): Promise<void> {
    this.#wantsLease = false;
    const { storage, owner, follower, shards, begin, now, onRole } = this.#ports;
    const since = now();
    const lease = await storage.takeLease(owner);
    if (lease === undefined) return;
    try {
      // All that anybody else has committed is there now, and nobody can commit more.
      await follower.catchUp(true);
      await shards.active.tree.lead();
      await begin();
    } catch (error) {
      await shards.active.tree.follow();
      await lease.release().catch(() => undefined);
      throw error;
    }
    this.#lease = lease;
    this.#renewed = since;
    this.#leads = true;
    onRole(true, 'it has the lease');
    // What was left for whoever would come.
    this.changed();
  }

  /** Sequences what other nodes have left. */
  async #drain(): Promise<void> {
    const { storage } = this.#ports;
    while (this.#leads && !this.#closing) {
      const submissions = await storage.submissions(sharedLimits.submissions, sharedLimits.submissionBytes);
      if (submissions.length === 0) return;
      const results = await Promise.allSettled(submissions.map((submission) => this.#sequence(submission)));
      const settled = submissions.filter((_, at) => !this.#isLeft(results[at]));
      if (settled.length > 0) await storage.settle(settled.map(({ id }) => id));
      // For the next time, or the next leader.
      if (settled.length < submissions.length) return;
    }
  }

  async #sequence(submission: Submission): Promise<void> {
    const { shards, warn } = this.#ports;
    // The newest key first: the others are of nodes that have not seen a new one yet.
    const request = openSubmission(
      submission,
      shards.activeFirst.map(({ signer }) => signer.publicKey),
    );
    if (request !== undefined) await shards.append(request);
    else warn('an entry in the queue of the database was not left there by a node of this log, and is dropped');
  }

  #isLeft(result: PromiseSettledResult<void> | undefined): boolean {
    if (result?.status !== 'rejected') return false;
    return this.#isPassing(result.reason) || hasCode(result.reason, 'ERR_QUEUE_FULL', 'ERR_SHUTTING_DOWN');
  }

  async #renew(): Promise<void> {
    const lease = this.#lease;
    if (this.#renewing || lease === undefined) return;
    this.#renewing = true;
    const since = this.#ports.now();
    try {
      const isHeld = await lease.renew();
      if (this.#lease !== lease) return;
      if (isHeld) this.#renewed = since;
      else this.#stepDown('another node has taken the lease');
    } catch (error) {
      this.#ports.warn('the lease could not be renewed', error);
    } finally {
      this.#renewing = false;
    }
  }

  /** Whether an append failed for what concerns this node alone, or now alone; steps down when it does. */
  #isPassing(error: unknown): boolean {
    const { active, failure } = this.#ports.shards;
    if (hasCode(error, 'ERR_LEASE_LOST')) this.#stepDown('another node has taken the lease');
    // Another node has frozen it, or nobody can tell whether this one has.
    else if (hasCode(error, 'ERR_SHARD_FROZEN') && !active.tree.frozen) this.#stepDown('the shard was frozen');
    else if (!isStorageFailure(error)) return false;
    else if (failure !== undefined) this.#stepDown(`it cannot go on: ${failure.message}`);
    return true;
  }

  /** Commits nothing from now on, and follows when nothing of it is under way any more. */
  #stepDown(why: string): void {
    const lease = this.#lease;
    if (!this.#leads || lease === undefined) return;
    this.#leads = false;
    this.#lease = undefined;
    this.#inStep = this.#ports.now();
    this.#ports.onRole(false, why);
    this.#leaving = this.#leave(lease);
    const handedOver = new CountersignError('ERR_LEASE_LOST', `this node no longer sequences: ${why}`);
    for (const handOver of this.#here) handOver(handedOver);
    this.#here.clear();
    this.changed();
  }

  async #leave(lease: Lease): Promise<void> {
    const { shards, settled } = this.#ports;
    await shards.active.tree.follow();
    await settled();
    // A change of the shards may have made another one the active.
    await shards.active.tree.follow();
    await lease.release().catch(() => undefined);
  }
}

function stale(lagMs: number): CountersignError {
  const seconds = Math.floor(lagMs / 1000);
  return new CountersignError('ERR_STORAGE', `the database could not be read for ${seconds} seconds`);
}
