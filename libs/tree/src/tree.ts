import { CountersignError } from '@countersign/errors';
import { buildProof, type Hash, leafHash, type ProofPlan, planConsistency, planInclusion } from '@countersign/merkle';
import { rootAt } from './anchor-check.ts';
import type { AnchorFile } from './anchor-file.ts';
import { Committer, type SignCheckpoint, type TreeState } from './committer.ts';
import { corrupt } from './corrupt.ts';
import { checksumHolds } from './leaf-checksum.ts';
import { identityBytes, type TreeLimits, treeLimits } from './limits.ts';
import { openTree } from './open-tree.ts';
import { type Appended, Sequencer } from './sequencer.ts';
import type { ShardIndex, ShardRecord, Snapshot } from './shard.ts';
import type { ReadCheckpoint } from './start-check.ts';
import type { CommitBatch, LeafHead, StoredLeaf, TreeStorage } from './storage.ts';
import { TileReader } from './tile-reader.ts';

/** What a tree is opened with. */
export interface TreeOptions {
  readonly storage: TreeStorage;
  /** As {@link TreeStorage.shards} has it. */
  readonly shard: ShardRecord;
  /** Called once a commit, before it: a checkpoint is signed first, stored next, and shown last. */
  readonly signCheckpoint: SignCheckpoint;
  readonly readCheckpoint: ReadCheckpoint;
  readonly anchor: AnchorFile;
  /** Milliseconds since 1970, as `Date.now`. */
  readonly clock: () => number;
  readonly limits?: Partial<TreeLimits>;
}

/** What is appended. */
export interface AppendRequest {
  /** The leaf's bytes. Not to be changed afterwards. */
  readonly data: Uint8Array;
  /** What equal entries have in common, a hash of 32 bytes; the leaf's hash when left out. */
  readonly identity?: Uint8Array | undefined;
  /** Bytes to keep beside the leaf, not covered by the tree. */
  readonly annex?: Uint8Array | undefined;
}

/**
 * One shard's tree, open. It knows bytes, not entries.
 *
 * It promises: {@link append} resolves only when its leaf is durable; an index is given once; equal
 * identities get one index; every {@link Snapshot} ever shown is a prefix of every later one, across
 * restarts; and reads stop at {@link snapshot}, so that whatever is found can be proven.
 */
export class Tree {
  readonly shard: ShardRecord;
  readonly #storage: TreeStorage;
  readonly #anchor: AnchorFile;
  readonly #reader: TileReader;
  readonly #committer: Committer;
  readonly #sequencer: Sequencer;
  #frozen: boolean;
  #onCommitted: (batch: CommitBatch) => void = () => undefined;

  private constructor(
    { storage, shard, anchor, signCheckpoint, clock, limits }: OpenOptions,
    reader: TileReader,
    state: TreeState,
  ) {
    this.shard = shard;
    this.#frozen = shard.state === 'frozen';
    this.#storage = storage;
    this.#anchor = anchor;
    this.#reader = reader;
    this.#committer = new Committer(
      {
        storage,
        shard: shard.id,
        signCheckpoint,
        clock,
        committed: (batch) => {
          for (const tile of batch.tiles) reader.add(tile);
          anchor.record(batch.snapshot.checkpoint);
          this.#onCommitted(batch);
        },
      },
      state,
    );
    this.#sequencer = new Sequencer(limits, {
      find: (identity) => this.#findDuplicate(identity),
      commit: (leaves) => this.#committer.commit(leaves),
    });
  }

  /**
   * Opens a shard's tree: a new one gets the signed checkpoint of size 0, any other is checked, its right
   * edge in O(log n) and that it extends its anchor. See {@link openTree}.
   *
   * Throws `ERR_TREE_CORRUPT` and `ERR_TREE_ROLLED_BACK`.
   */
  static async open(options: TreeOptions): Promise<Tree> {
    const limits = { ...treeLimits, ...options.limits };
    const reader = new TileReader(options.storage, options.shard.id, limits.cachedTiles);
    const state = await openTree({ ...options, shard: options.shard.id, reader });
    return new Tree({ ...options, limits }, reader, state);
  }

  /** The newest durable snapshot. */
  get snapshot(): Snapshot {
    return this.#committer.state.snapshot;
  }

  /** The newest durable snapshot with the right edge that belongs to it. */
  get state(): Pick<TreeState, 'edge' | 'snapshot'> {
    return this.#committer.state;
  }

  /** Why the tree takes no more entries, after a failure that left it unsure what is stored. */
  get failure(): CountersignError | undefined {
    return this.#committer.failure;
  }

  /** Whether the tree takes no more entries: then {@link snapshot} is its last. */
  get frozen(): boolean {
    return this.#frozen;
  }

  /** Appends that have not been answered. */
  get waiting(): number {
    return this.#sequencer.waiting;
  }

  /**
   * Has `committed` called with every commit from now on, in the very step that shows it: no snapshot is ever seen
   * that the listener does not know. It must not throw.
   */
  watch(committed: (batch: CommitBatch) => void): void {
    this.#onCommitted = committed;
  }

  /**
   * Appends a leaf, or finds the one with the same identity. Resolves when it is durable.
   *
   * Rejects with `ERR_QUEUE_FULL` (`details.retryAfterSeconds`), `ERR_SHUTTING_DOWN`, `ERR_TOO_LARGE`,
   * `ERR_SHARD_FROZEN`, or with what signing or storing failed with: then the leaf was not stored,
   * unless {@link failure} is set.
   */
  async append({ data, identity, annex }: AppendRequest): Promise<Appended> {
    if (this.#frozen) throw this.#refusal();
    if (identity !== undefined && identity.length !== identityBytes)
      throw new RangeError('an identity is a hash of 32 bytes');
    return this.#sequencer.append({ hash: leafHash(data), data, identity, annex });
  }

  /**
   * Freezes the tree. What was appended before is committed and answered first; then `store` makes it durable that the
   * shard is frozen, and what else belongs to that, while appends wait; then these are refused with `ERR_SHARD_FROZEN`,
   * as all later ones are. When `store` rejects, the tree goes on as if nothing had been, and so do the appends.
   *
   * Rejects with {@link failure} when there is one: nobody knows then what the last tree is.
   */
  async freeze(store: () => Promise<void>): Promise<void> {
    await this.#sequencer.hold();
    try {
      if (this.failure !== undefined) throw this.failure;
      await this.#anchor.flush();
      await store();
    } catch (error) {
      this.#sequencer.release();
      throw error;
    }
    this.#frozen = true;
    this.#sequencer.release(this.#refusal());
  }

  /**
   * One leaf; undefined when the newest snapshot has no such index.
   *
   * Throws `ERR_TREE_CORRUPT` when it is not as it was written.
   */
  async entry(index: number): Promise<StoredLeaf | undefined> {
    if (index < 0 || index >= this.snapshot.size) return undefined;
    const leaf = await this.#storage.leaf(this.shard.id, index);
    if (leaf !== undefined && !checksumHolds(this.shard.id, leaf)) {
      throw corrupt(this.shard.id, `time, identity or annex of leaf ${index} do not have their checksum`);
    }
    return leaf;
  }

  /** The leaves at these indexes without their bytes; those beyond the newest snapshot are left out. */
  async heads(indexes: readonly number[]): Promise<readonly LeafHead[]> {
    const { size } = this.snapshot;
    return this.#storage.leafHeads(
      this.shard.id,
      indexes.filter((index) => index < size),
    );
  }

  /** Where the leaf with this identity (32 bytes; a leaf's hash unless it was given another) is. */
  async find(identity: Uint8Array): Promise<ShardIndex | undefined> {
    const index = await this.#storage.find(this.shard.id, identity);
    return index !== undefined && index < this.snapshot.size ? index : undefined;
  }

  /** The inclusion proof (RFC 6962 §2.1.1) of a leaf in exactly this snapshot's tree. Throws `ERR_PROOF_RANGE`. */
  inclusionProof(index: number, snapshot: Pick<Snapshot, 'size'>): Promise<Hash[]> {
    return this.#proof(snapshot.size, () => planInclusion(index, snapshot.size));
  }

  /** The consistency proof (RFC 6962 §2.1.2) between two sizes, up to the newest. Throws `ERR_PROOF_RANGE`. */
  consistencyProof(first: number, second: number): Promise<Hash[]> {
    return this.#proof(second, () => planConsistency(first, second));
  }

  /** The root of the tree when it had `size` leaves, up to the newest. Throws `ERR_PROOF_RANGE`. */
  async rootAt(size: number): Promise<Hash> {
    const { edge } = this.#committer.state;
    if (size > edge.size) throw beyond(size, edge.size);
    return rootAt(size, edge, this.#reader);
  }

  /** Takes no more appends, and resolves when all are answered and the anchor is written. */
  async drain(): Promise<void> {
    await this.#sequencer.drain();
    await this.#anchor.flush();
  }

  /** Drains. The storage stays open: it is whose who opened it. */
  close(): Promise<void> {
    return this.drain();
  }

  async #proof(size: number, makePlan: () => ProofPlan): Promise<Hash[]> {
    // One state for the whole proof: what is not on its edge is in tiles that are full and stored.
    const { edge } = this.#committer.state;
    if (size > edge.size) throw beyond(size, edge.size);
    const plan = makePlan();
    return buildProof(plan, await this.#reader.lookup(edge, plan));
  }

  #refusal(): CountersignError {
    return new CountersignError('ERR_SHARD_FROZEN', `shard ${this.shard.treeId} is frozen and takes no more entries`);
  }

  async #findDuplicate(identity: Uint8Array): Promise<Appended | undefined> {
    const index = await this.find(identity);
    const leaf = index === undefined ? undefined : await this.entry(index);
    if (leaf === undefined) return undefined;
    return { index: leaf.index, integratedTime: leaf.integratedTime, duplicate: true, snapshot: this.snapshot };
  }
}

function beyond(asked: number, size: number): CountersignError {
  return new CountersignError('ERR_PROOF_RANGE', `the tree has ${size} entries, not ${asked}`, {
    details: { size, asked },
  });
}

type OpenOptions = TreeOptions & { readonly limits: TreeLimits };
