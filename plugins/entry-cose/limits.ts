/** Every limit of this type. A message is as large as a request may be; those of `pki-x509` hold for the key. */
export const limits = {
  /** How deep arrays, maps and tags may nest: upstream's limit. */
  depth: 32,
  /** Data items in the headers of a message, those inside others included. */
  headerItems: 10_000,
  /** Digests that an in-toto statement names: each is a key of the search index. */
  digests: 10_000,
} as const;
