import type { TreeStorage } from './storage.ts';

/** Times of the writer's lease, of a storage that several processes share. */
export const leaseLimits = {
  /** Milliseconds after which a lease that was not renewed is anybody's. */
  ttlMs: 3000,
  /** Milliseconds between two renewals: two may fail. A takeover takes `ttlMs` and one of these at most. */
  renewMs: 1000,
} as const;

/** A leaf that is left for the process that writes. */
export interface Submission {
  /** A random UUID (RFC 9562 §5.4). */
  readonly id: string;
  readonly data: Uint8Array;
  /** 32 bytes, as in {@link NewLeaf}. */
  readonly identity: Uint8Array | undefined;
  readonly annex: Uint8Array | undefined;
  readonly attachment: Uint8Array | undefined;
}

/** The right to write, for a while. */
export interface Lease {
  /**
   * Grows every time the lease is taken, and with every new connection of its holder: a commit under a smaller one
   * stores nothing.
   */
  readonly fence: number;

  /**
   * Has the lease last from now on, by the database's clock. False when it is lost for good: somebody else has taken
   * it, or it was released. One that has run out and that nobody has taken is had back. Rejects with `ERR_STORAGE`
   * when nobody can tell: the lease may be there still.
   */
  renew(): Promise<boolean>;

  /** Gives the lease up, so that the next one need not wait. Nothing happens when it is lost. */
  release(): Promise<void>;
}

/**
 * A storage that several processes share; one at a time writes: the holder of the lease.
 *
 * Every failure is an `ERR_STORAGE`, unless another code is named.
 */
export interface SharedStorage extends TreeStorage {
  /**
   * Takes the writer's lease if it is free, has run out, or is held under this same owner name (1 to 200 characters);
   * `owner` is a name that no other process has at the same time. Undefined while another holds it. Waits for a commit
   * of the holder before that is under way.
   *
   * From then on `commit`, `createShard` and `freezeShard` of this object are made under its fencing number. Once anybody
   * else has taken the lease, and where it was never taken or was released, they reject with `ERR_LEASE_LOST` and store nothing,
   * however long the process was stopped and wherever in the commit. A lease that has merely run out still commits:
   * nobody else can have written since.
   */
  takeLease(owner: string): Promise<Lease | undefined>;

  /** The name of who holds the lease now; undefined when it is free or has run out. */
  leader(): Promise<string | undefined>;

  /**
   * Calls `changed` soon after anything was committed, frozen, submitted or settled and after the lease was taken or
   * released, by any process, this one included, and at least every few seconds. It may call too often, never too seldom:
   * what happened while the connection was lost is told of when it is there again. `changed` must not throw. Rejects when
   * there is no connection to begin with; ends with the returned function.
   */
  listen(changed: () => void): Promise<() => Promise<void>>;

  /** Leaves a leaf for whoever holds the lease. Not durable: only a commit is. The same id again changes nothing. */
  submit(submission: Submission): Promise<void>;

  /** The oldest submissions, at most `count` and with at most `bytes` of data, annexes and attachments together; at least one. */
  submissions(count: number, bytes: number): Promise<readonly Submission[]>;

  /** Takes submissions away: answered, or given up. Those that are gone already do not matter. */
  settle(ids: readonly string[]): Promise<void>;
}
