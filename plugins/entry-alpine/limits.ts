/** Every limit of this type. The host limits the package itself, whose data are never uncompressed. */
export const limits = {
  /** The signature's archive and the control archive, each uncompressed, in bytes. */
  metadataBytes: 1024 * 1024,
  /** Members of either. */
  members: 256,
} as const;
