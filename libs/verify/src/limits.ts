/** What the parsers of this package accept at most. Sizes in bytes. */
export const limits = {
  /** The canonical entry. */
  bodyBytes: 16 * 1024 * 1024,
  /** Data kept beside the log for an entry. */
  attestationBytes: 16 * 1024 * 1024,
  /** A signed entry timestamp: RSA with 8192 bits has 1024. */
  timestampBytes: 1024,
  /** Hashes of a proof: a tree of 2^63 leaves needs no more for either kind. */
  proofHashes: 64,
  /** Frozen shards of a log. */
  inactiveShards: 1024,
} as const;
