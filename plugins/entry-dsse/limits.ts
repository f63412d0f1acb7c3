/** Every limit of this plugin. */
export const limits = {
  /** Signatures of one envelope, and keys of one dsse proposal: each key is tried on the signatures in turn. */
  signatures: 10,
  keys: 10,
  /** Digests that an in-toto statement names: each is a key of the search index. */
  digests: 10_000,
} as const;
