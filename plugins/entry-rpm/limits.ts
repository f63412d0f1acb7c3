/** Every limit of reading a package. The host limits the package as a whole. */
export const limits = {
  /** Fields of the main header. Packages have fewer than 150; each costs an index entry. */
  headerFields: 1024,
  /** Fields of the signature header: rpm's own limit. */
  signatureHeaderFields: 32,
  /** Name, version, release and architecture, each in bytes: they stand in the log. */
  textBytes: 1024,
} as const;
