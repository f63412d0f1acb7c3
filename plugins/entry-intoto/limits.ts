/** Every limit of this plugin. */
export const limits = {
  /** Signatures of one envelope: each key is tried on them in turn. */
  signatures: 10,
  /** Digests that an in-toto statement names: each is a key of the search index. */
  digests: 10_000,
  /** An attestation that is kept beside the log, in bytes; a larger one is only hashed. */
  attestationBytes: 100 * 1024,
} as const;
