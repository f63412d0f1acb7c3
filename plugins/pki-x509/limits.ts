/** Every limit of this format. Sizes are bytes. */
export const limits = {
  /** A key file: ten certificates of 8 KiB and their PEM armour fit. */
  keyBytes: 128 * 1024,
  /** A raw signature: RSA of 16,384 bits has 2,048. */
  signatureBytes: 8 * 1024,
  /** Certificates in a chain, as upstream. */
  chainLength: 10,
  /** Parsed keys kept, and the input they were parsed from. */
  cachedKeys: 4096,
  cachedBytes: 8 * 1024 * 1024,
} as const;
