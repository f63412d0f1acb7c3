/** Every limit of this format. Sizes are bytes. */
export const limits = {
  /** A key file, as upstream: RSA of 16,384 bits has 3 KiB, and an authorized_keys file several lines. */
  keyBytes: 64 * 1024,
  /** A signature file; it holds the key once more. */
  signatureBytes: 64 * 1024,
  /** An RSA exponent, as upstream. */
  rsaExponentBytes: 3,
} as const;
