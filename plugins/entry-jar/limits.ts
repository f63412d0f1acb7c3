/** Every limit of this type. Sizes are bytes. The host limits the archive itself. */
export const limits = {
  /** Members of an archive: more files than a manifest of the size below has room for. */
  members: 16_384,
  /** Digests of one file, each of which costs a hash of its content. */
  digests: 3,
  /** One member, and all of them together, uncompressed. */
  memberBytes: 32 * 1024 * 1024,
  totalBytes: 64 * 1024 * 1024,
  /** What all members together may hold for every byte of the archive. */
  ratio: 100,
  /** A manifest, a signature, or any other file with an extension directly in `META-INF/`, uncompressed. */
  metadataBytes: 1024 * 1024,
} as const;
