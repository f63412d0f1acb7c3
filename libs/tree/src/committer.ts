import { toHex } from '@countersign/encoding';
import { CountersignError, hasCode } from '@countersign/errors';
import { treeSize } from '@countersign/merkle';
import { maxShardLeaves } from './limits.ts';
import type { RightEdge } from './right-edge.ts';
import type { Candidate } from './sequencer.ts';
import type { Snapshot } from './shard.ts';
import type { CommitBatch, TreeStorage } from './storage.ts';

/** Signs the checkpoint of a tree of `size` leaves with this root, and returns the note. */
export type SignCheckpoint = (size: number, root: Uint8Array) => Promise<string>;

/** All that a commit changes. Replaced as a whole, after the commit is durable. */
export interface TreeState {
  readonly edge: RightEdge;
  readonly snapshot: Snapshot;
  /** Seconds since 1970 of the last leaf. */
  readonly lastTime: number;
}

/** What a {@link Committer} stands on. */
export interface CommitterPorts {
  readonly storage: TreeStorage;
  /** The shard's id. */
  readonly shard: number;
  readonly signCheckpoint: SignCheckpoint;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Told of every commit, after it is durable and before anybody is answered. */
  readonly committed: (batch: CommitBatch) => void;
}

/** The refusal to commit where another process does. */
export function leaseLost(shard: number): CountersignError {
  return new CountersignError('ERR_LEASE_LOST', `shard ${shard} is written by another node now`);
}

/**
 * Commits batches of leaves: works the new tree out, signs it, makes it durable, and only then
 * shows it. A commit that fails leaves the tree as it was; when nobody can tell whether it
 * failed, the tree stops for good rather than sign two histories.
 */
export class Committer {
  readonly #ports: CommitterPorts;
  #state: TreeState;
  #failure: CountersignError | undefined;
  /** Whether another process commits: then {@link commit} refuses with `ERR_LEASE_LOST`. */
  follows: boolean;

  constructor(ports: CommitterPorts, state: TreeState, follows = false) {
    this.#ports = ports;
    this.#state = state;
    this.follows = follows;
  }

  /** Goes on from what was found stored, which ends every doubt about it. Not while a commit is under way. */
  adopt(state: TreeState): void {
    this.#state = state;
    this.#failure = undefined;
  }

  /** The tree after the last commit. */
  get state(): TreeState {
    return this.#state;
  }

  /** Why the tree has stopped; undefined while it goes on. */
  get failure(): CountersignError | undefined {
    return this.#failure;
  }

  /** Commits leaves. Not to be called again before it has settled. */
  async commit(
    leaves: readonly Candidate[],
  ): Promise<{ readonly first: number; readonly integratedTime: number; readonly snapshot: Snapshot }> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.follows) throw leaseLost(this.#ports.shard);
    const { storage, shard, signCheckpoint, clock, committed } = this.#ports;
    const { edge, lastTime } = this.#state;
    if (edge.size + leaves.length > maxShardLeaves) throw new CountersignError('ERR_STORAGE', `shard ${shard} is full`);
    const integratedTime = Math.max(lastTime, Math.floor(clock() / 1000));
    const { edge: next, full } = edge.extend(leaves.map(({ hash }) => hash));
    const root = next.root();
    const checkpoint = await signCheckpoint(next.size, root);
    const batch: CommitBatch = {
      shard,
      first: edge.size,
      leaves: leaves.map(({ hash, data, identity, annex }) => ({ hash, data, integratedTime, identity, annex })),
      attachments: leaves.flatMap(({ attachment: bytes }, offset) =>
        bytes === undefined ? [] : { index: edge.size + offset, bytes },
      ),
      tiles: full,
      snapshot: { size: treeSize(next.size), root, checkpoint },
    };
    try {
      await storage.commit(batch);
    } catch (cause) {
      // Nothing is stored then; and whoever follows meanwhile will read whether it was.
      if (hasCode(cause, 'ERR_LEASE_LOST') || this.follows) throw cause;
      if (!(await this.#isStored(batch, cause))) throw cause;
    }
    this.#state = { edge: next, snapshot: batch.snapshot, lastTime: integratedTime };
    committed(batch);
    return { first: batch.first, integratedTime, snapshot: batch.snapshot };
  }

  /** After a commit that rejected: tells whether the batch was stored all the same, or stops the tree. */
  async #isStored(batch: CommitBatch, cause: unknown): Promise<boolean> {
    let stored: Snapshot | undefined;
    try {
      stored = await this.#ports.storage.latest(batch.shard);
    } catch {
      throw this.#stop('it cannot be told whether the last commit was stored', cause);
    }
    if (stored?.checkpoint === batch.snapshot.checkpoint) return true;
    if (stored?.checkpoint === this.#state.snapshot.checkpoint) return false;
    const found = stored === undefined ? 'no checkpoint' : `size ${stored.size}, root ${toHex(stored.root)}`;
    throw this.#stop(
      `storage holds ${found}, which this process did not write: is another one using the same data?`,
      cause,
    );
  }

  #stop(why: string, cause: unknown): CountersignError {
    this.#failure = new CountersignError(
      'ERR_STORAGE',
      `shard ${this.#ports.shard} takes no more entries: ${why}. Entries acknowledged before are safe. Find the cause and start again`,
      { cause },
    );
    return this.#failure;
  }
}
