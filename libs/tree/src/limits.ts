/** Every limit of the engine, with its default. */
export interface TreeLimits {
  /** Entries of one commit. */
  readonly commitEntries: number;
  /** Appends that wait at one time; one more is refused with `ERR_QUEUE_FULL`. */
  readonly queueEntries: number;
  /** Bytes of leaves, with what is kept beside them, that wait at one time; more is refused with `ERR_QUEUE_FULL`. */
  readonly queueBytes: number;
  /** Bytes of one leaf with its annex and attachment; more is refused with `ERR_TOO_LARGE`. */
  readonly leafBytes: number;
  /** What a refused append is told to wait. A full queue is about sixteen commits long. */
  readonly retryAfterSeconds: number;
  /** Full tiles kept in memory, 16 KiB each. */
  readonly cachedTiles: number;
  /** Leaves, of those another process has committed, that are read at once. */
  readonly stepLeaves: number;
  /** Bytes of annexes that are read at once, with them. */
  readonly stepBytes: number;
  /** Such leaves that a tree tells of one by one; when there are more, it tells of its new size only. */
  readonly toldLeaves: number;
  /** Bytes of their annexes. */
  readonly toldBytes: number;
}

/** The defaults of {@link TreeLimits}. */
export const treeLimits: TreeLimits = {
  commitEntries: 256,
  queueEntries: 4096,
  queueBytes: 64 * 1024 * 1024,
  leafBytes: 16 * 1024 * 1024,
  retryAfterSeconds: 1,
  cachedTiles: 256,
  stepLeaves: 4096,
  stepBytes: 4 * 1024 * 1024,
  toldLeaves: 65_536,
  toldBytes: 64 * 1024 * 1024,
};

/** Leaves a shard can hold: 2^40, so that shard and index fit one exact integer. */
export const maxShardLeaves = 2 ** 40;

/** The highest shard id: 13 bits, so that shard and index fit one exact integer. */
export const maxShardId = 2 ** 13 - 1;

/** Bytes of an identity: it must be a hash, or collisions of its first half could be made on purpose. */
export const identityBytes = 32;
