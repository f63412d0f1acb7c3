/** Every limit of this plugin. */
export const limits = {
  /** Signatures of one envelope, and keys of one dsse proposal: each key is tried on the signatures in turn. */
  signatures: 10,
  keys: 10,
  /** Digests that an in-toto statement names: each is a key of the search index. */
  digests: 10_000,
  /** An attestation that intoto keeps beside the log, in bytes; a larger one is only hashed. */
  attestationBytes: 100 * 1024,
} as const;
