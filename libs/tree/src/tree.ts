import { CountersignError, hasCode } from '@countersign/errors';
import { buildProof, type Hash, leafHash, type ProofPlan, planConsistency, planInclusion } from '@countersign/merkle';
import { rootAt } from './anchor-check.ts';
import type { AnchorFile } from './anchor-file.ts';
import { readAhead } from './catch-up.ts';
import { Committer, leaseLost, type SignCheckpoint, type TreeState } from './committer.ts';
import { corrupt } from './corrupt.ts';
import type { Growth } from './growth.ts';
import { attachmentHolds, checksumHolds } from './leaf-checksum.ts';
import { identityBytes, type TreeLimits, treeLimits } from './limits.ts';
import { openTree } from './open-tree.ts';
import { type Appended, Sequencer } from './sequencer.ts';
import type { ShardIndex, ShardRecord, Snapshot } from './shard.ts';
import { checkTree, type ReadCheckpoint } from './start-check.ts';
import type { LeafHead, StoredLeaf, TreeStorage } from './storage.ts';
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
  /** Whether the tree begins as one that another process writes: see {@link Tree.follow}. */
  readonly follows?: boolean;
}

/** What is appended. */
export interface AppendRequest {
  /** The leaf's bytes. Not to be changed afterwards. */
  readonly data: Uint8Array;
  /** What equal entries have in common, a hash of 32 bytes; the leaf's hash when left out. */
  readonly identity?: Uint8Array | undefined;
  /** Bytes to keep beside the leaf, not covered by the tree. */
  readonly annex?: Uint8Array | undefined;
  /** The same, to be read by themselves: see {@link Tree.attachment}. A leaf that is there already keeps what it has. */
  readonly attachment?: Uint8Array | undefined;
}

/**
 * One shard's tree, open. It knows bytes, not entries.
 *
 * It promises: {@link append} resolves only when its leaf is durable; an index is given once; equal
 * identities get one index; every {@link Snapshot} ever shown is a prefix of every later one, across
 * restarts; and reads stop at {@link snapshot}, so that whatever is found can be proven.
 *
 * Where several processes share a storage, one at a time leads; in the others the tree follows: it shows what was
 * committed elsewhere after it has checked it, and takes no appends.
 */
export class Tree {
  readonly shard: ShardRecord;
  readonly #storage: TreeStorage;
  readonly #anchor: AnchorFile;
  readonly #reader: TileReader;
  readonly #committer: Committer;
  readonly #sequencer: Sequencer;
  readonly #readCheckpoint: ReadCheckpoint;
  readonly #limits: TreeLimits;
  #frozen: boolean;
  /** What was found while following that makes going on impossible. */
  #fault: CountersignError | undefined;
  #onGrowth: (growth: Growth) => void = () => undefined;

  private constructor(
    { storage, shard, anchor, signCheckpoint, readCheckpoint, clock, limits, follows }: OpenOptions,
    reader: TileReader,
    state: TreeState,
  ) {
    this.shard = shard;
    this.#frozen = shard.state === 'frozen';
    this.#storage = storage;
    this.#anchor = anchor;
    this.#readCheckpoint = readCheckpoint;
    this.#limits = limits;
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
          this.#onGrowth(batch);
        },
      },
      state,
      follows,
    );
    this.#sequencer = new Sequencer(limits, {
      find: (identity) => this.findAppended(identity),
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
    return this.#fault ?? this.#committer.failure;
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
   * Has `grown` called with every commit from now on, in the very step that shows it: no snapshot is ever seen
   * that the listener does not know. It must not throw.
   */
  watch(grown: (growth: Growth) => void): void {
    this.#onGrowth = grown;
  }

  /**
   * Appends a leaf, or finds the one with the same identity. Resolves when it is durable.
   *
   * Rejects with `ERR_QUEUE_FULL` (`details.retryAfterSeconds`), `ERR_SHUTTING_DOWN`, `ERR_TOO_LARGE`,
   * `ERR_SHARD_FROZEN`, `ERR_LEASE_LOST` (perhaps it was stored: {@link catchUp} tells), or with what signing or storing failed with: then the leaf was not stored,
   * unless {@link failure} is set.
   */
  async append({ data, identity, annex, attachment }: AppendRequest): Promise<Appended> {
    if (this.#frozen) throw this.#refusal();
    if (this.#committer.follows) throw leaseLost(this.shard.id);
    if (identity !== undefined && identity.length !== identityBytes)
      throw new RangeError('an identity is a hash of 32 bytes');
    return this.#sequencer.append({ hash: leafHash(data), data, identity, annex, attachment });
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
   * Leaves the writing to another process: no commit begins after this call, and what waits is rejected with
   * `ERR_LEASE_LOST`. Resolves when none is under way. Not while {@link freeze} is.
   */
  async follow(): Promise<void> {
    this.#committer.follows = true;
    await this.#sequencer.hold();
    this.#sequencer.release(leaseLost(this.shard.id));
  }

  /**
   * Shows what another process has committed, once it is found to be signed and to extend what was shown before:
   * see {@link readAhead}. Ends a {@link failure} that left unsure what is stored. Only while it follows, and not again
   * before it has settled.
   *
   * Rejects with `ERR_TREE_CORRUPT` and `ERR_TREE_ROLLED_BACK`, from then on for good, and `ERR_STORAGE`.
   */
  async catchUp(): Promise<void> {
    const { state } = this.#committer;
    const ahead = await this.#checked(() =>
      readAhead(this.#storage, this.shard.id, state, this.#readCheckpoint, this.#limits),
    );
    this.#committer.adopt(ahead?.state ?? state);
    if (ahead === undefined) return;
    this.#anchor.record(ahead.growth.snapshot.checkpoint);
    this.#onGrowth(ahead.growth);
  }

  /**
   * Takes the writing over, which nobody else does any more: catches up, checks the stored tree as a start does, and
   * takes appends from then on. Rejects as {@link catchUp} does.
   */
  async lead(): Promise<void> {
    await this.catchUp();
    await this.#checked(() => checkTree(this.#storage, this.shard.id, this.snapshot, this.#readCheckpoint));
    this.#committer.follows = false;
  }

  /** Takes note that another process has frozen the shard, before the last {@link catchUp} began. */
  frozenElsewhere(): void {
    this.#frozen = true;
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

  /**
   * The attachment of a leaf; undefined when it has none, or the newest snapshot has no such index.
   *
   * Throws `ERR_TREE_CORRUPT` when it is not as it was written.
   */
  async attachment(index: number): Promise<Uint8Array | undefined> {
    if (index < 0 || index >= this.snapshot.size) return undefined;
    const [attachment] = await this.#storage.attachments(this.shard.id, index, 1);
    if (attachment !== undefined && !attachmentHolds(this.shard.id, attachment)) {
      throw corrupt(this.shard.id, `the attachment of leaf ${index} does not have its checksum`);
    }
    return attachment?.bytes;
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

  /** The leaf with this identity, as appending it again would answer; undefined when there is none. */
  async findAppended(identity: Uint8Array): Promise<Appended | undefined> {
    const index = await this.find(identity);
    const leaf = index === undefined ? undefined : await this.entry(index);
    if (leaf === undefined) return undefined;
    return { index: leaf.index, integratedTime: leaf.integratedTime, duplicate: true, snapshot: this.snapshot };
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

  /** Looks at what is stored, until it was found to be wrong. */
  async #checked<T>(look: () => Promise<T>): Promise<T> {
    if (this.#fault !== undefined) throw this.#fault;
    try {
      return await look();
    } catch (error) {
      const isWrong = hasCode(error, 'ERR_TREE_CORRUPT', 'ERR_TREE_ROLLED_BACK');
      if (isWrong && error instanceof CountersignError) this.#fault = error;
      throw error;
    }
  }

  #refusal(): CountersignError {
    return new CountersignError('ERR_SHARD_FROZEN', `shard ${this.shard.treeId} is frozen and takes no more entries`);
  }
}

function beyond(asked: number, size: number): CountersignError {
  return new CountersignError('ERR_PROOF_RANGE', `the tree has ${size} entries, not ${asked}`, {
    details: { size, asked },
  });
}

type OpenOptions = TreeOptions & { readonly limits: TreeLimits };
