/** Every limit of this format. Sizes are bytes. */
export const limits = {
  /** A root file: go-tuf and python-tuf download no more than 512,000. */
  rootBytes: 512_000,
  /** Any other metadata file. */
  metadataBytes: 2 * 1024 * 1024,
  /** Signatures on one file; each costs a verification. */
  signatures: 64,
  /** Keys, and roles, that a root names. */
  keys: 64,
  roles: 64,
} as const;
