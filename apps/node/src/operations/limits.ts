/** Every limit of examination, backup, restore and scrub. */
export const operationLimits = {
  /** Findings that are kept to be shown again, of one examination; the others are counted. */
  findings: 1000,
  /** Milliseconds between two notes of how far an examination has come. */
  noteMs: 2000,
  /** Bytes of `fsck.json`. */
  noteBytes: 4 * 1024 * 1024,
  /** Bytes of a backup's manifest: about 700 a shard. */
  manifestBytes: 16 * 1024 * 1024,
  /** Milliseconds from the end of one pass of the scrub to the next. */
  scrubPauseMs: 10 * 60_000,
  /** Findings that one pass of the scrub writes to the log; the others are counted. */
  scrubWarnings: 100,
} as const;
