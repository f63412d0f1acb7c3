/** Every limit of publishing. */
export interface PublishLimits {
  /** Milliseconds between two checkpoints of a shard at least. */
  readonly intervalMs: number;
  /** Milliseconds after the first failure until it is tried again; twice as long after each further one. */
  readonly retryMs: number;
  /** Milliseconds after which it is tried again at the latest. */
  readonly maxRetryMs: number;
  /** Milliseconds that a stop waits for the last checkpoints to be published. */
  readonly closeMs: number;
  /** Tiles and bundles of all shards that are made or written at one time. A bundle has 16 MiB at most. */
  readonly writesAtOnce: number;
  /** Leaves read in one step, before other work is let in. */
  readonly leavesAtOnce: number;
  /** Bytes of a published checkpoint; a longer one is not ours. */
  readonly checkpointBytes: number;
}

/** The defaults of {@link PublishLimits}. */
export const publishLimits: PublishLimits = {
  intervalMs: 5000,
  retryMs: 1000,
  maxRetryMs: 5 * 60_000,
  closeMs: 10_000,
  writesAtOnce: 4,
  leavesAtOnce: 16,
  checkpointBytes: 256 * 1024,
};
