import type { Hash, LeafHash } from '@countersign/merkle';
import type { FullTile } from './full-tile.ts';
import type { ShardIndex, ShardRecord, Snapshot } from './shard.ts';

/** What is stored of a leaf beside its position. */
export interface NewLeaf {
  /** SHA-256(0x00 ‖ data). */
  readonly hash: LeafHash;
  /** The leaf's bytes, which the tree covers. */
  readonly data: Uint8Array;
  /** Seconds since 1970; never below the time of the leaf before. Not covered by the tree. */
  readonly integratedTime: number;
  /** What the leaf is found and deduplicated by, 32 bytes; undefined when that is its hash. */
  readonly identity: Uint8Array | undefined;
  /** Bytes kept beside the leaf, not covered by the tree. */
  readonly annex: Uint8Array | undefined;
}

/** A leaf as read back. */
export interface StoredLeaf extends NewLeaf {
  readonly index: ShardIndex;
  /** What {@link leafChecksum} was when it was written; undefined in leaves older than checksums. */
  readonly checksum: number | undefined;
}

/** A leaf without its bytes. */
export type LeafHead = Pick<StoredLeaf, 'index' | 'hash' | 'integratedTime'>;

/** What is kept beside a leaf. */
export type LeafAnnex = Pick<StoredLeaf, 'index' | 'annex'>;

/** Bytes that are kept of a leaf in a place of their own, to be read when they are asked for: no tree covers them. */
export interface NewAttachment {
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** An attachment as read back. */
export interface StoredAttachment extends NewAttachment {
  readonly index: ShardIndex;
  /** What {@link attachmentChecksum} was when it was written. */
  readonly checksum: number;
}

/** Everything that one commit makes durable. */
export interface CommitBatch {
  /** The shard's id. */
  readonly shard: number;
  /** The index of the first new leaf: the tree's size before. */
  readonly first: number;
  /** May be empty: then only the checkpoint is stored. */
  readonly leaves: readonly NewLeaf[];
  /** Of some of the leaves. */
  readonly attachments: readonly NewAttachment[];
  /** The tiles that became full. */
  readonly tiles: readonly FullTile[];
  /** The tree after the commit; its size is `first` + the number of leaves. */
  readonly snapshot: Snapshot;
}

/**
 * The half of a {@link TreeStorage} that reads: what other threads and tools get of it.
 *
 * Every failure is an `ERR_STORAGE`, or an `ERR_STORAGE_UNAVAILABLE` when the same call may succeed later.
 */
export interface TreeReader {
  /** Every shard, by id. */
  shards(): Promise<readonly ShardRecord[]>;

  /**
   * The checkpoint that the last commit stored; undefined when there never was a commit.
   * What this returns is durable: the caller hands it out.
   */
  latest(shard: number): Promise<Snapshot | undefined>;

  /** One leaf; undefined when there is none. */
  leaf(shard: number, index: number): Promise<StoredLeaf | undefined>;

  /** Up to `count` leaves from `from` on, by index; those that are missing are left out. */
  leaves(shard: number, from: number, count: number): Promise<readonly StoredLeaf[]>;

  /** The hashes of {@link leaves}. */
  leafHashes(shard: number, from: number, count: number): Promise<readonly Hash[]>;

  /** The leaves at these indexes without their bytes, in this order; those that are missing are left out. */
  leafHeads(shard: number, indexes: readonly number[]): Promise<readonly LeafHead[]>;

  /** The annexes of {@link leaves}, as far as they have at most `bytes` together; at least one. */
  annexes(shard: number, from: number, count: number, bytes: number): Promise<readonly LeafAnnex[]>;

  /** The attachments of `count` leaves from `from` on, by index; most leaves have none. */
  attachments(shard: number, from: number, count: number): Promise<readonly StoredAttachment[]>;

  /** The nodes of a full tile, as {@link FullTile} has them; undefined when there is none. Partial tiles are not stored. */
  tile(shard: number, level: number, index: number): Promise<Uint8Array | undefined>;

  /** The lowest index of a leaf with exactly this identity (32 bytes). Sees every commit that has resolved. */
  find(shard: number, identity: Uint8Array): Promise<ShardIndex | undefined>;

  /** Releases everything. Nothing may be called afterwards. */
  close(): Promise<void>;
}

/**
 * Where trees are kept. One process writes a shard at a time; `commit` holds against a
 * second one that does not know better.
 */
export interface TreeStorage extends TreeReader {
  /** Adds a shard. It is durable when this resolves. Rejects when its id or tree id is taken. */
  createShard(shard: ShardRecord): Promise<void>;

  /**
   * Freezes a shard, for good, and adds the one that follows it where there is one: both or nothing, and durable when
   * this resolves. A shard that is frozen already stays so. Rejects when there is no such shard, or when `successor`
   * cannot be added. When it rejects, the caller must ask {@link shards} which it was.
   */
  freezeShard(shard: number, successor?: ShardRecord): Promise<void>;

  /**
   * Makes a batch durable: leaves, their identities and attachments, tiles and checkpoint, all or nothing.
   *
   * Resolves only after everything would survive the loss of power. When it rejects, either
   * all of the batch is stored or nothing: the caller must ask {@link latest} before it goes on.
   * Rejects, and stores nothing, when the stored size is not `batch.first`, and with
   * `ERR_SHARD_FROZEN` when the shard is frozen.
   */
  commit(batch: CommitBatch): Promise<void>;
}
