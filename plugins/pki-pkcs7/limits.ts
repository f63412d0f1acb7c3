/** Every limit of this format. The host limits the nesting of DER. */
export const limits = {
  /** A file in bytes, content included if it is there: what a JAR may hold beside its classes. */
  fileBytes: 1024 * 1024,
  /** Certificates in a file. */
  certificates: 32,
  /** Signatures in a file, each of which costs a verification, and the attributes each has. */
  signers: 16,
  attributes: 64,
} as const;
