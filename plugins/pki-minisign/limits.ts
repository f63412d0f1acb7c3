/** Every limit of this format. Sizes are bytes. */
export const limits = {
  /** A key file: one comment of any sensible length, and 56 characters. */
  keyBytes: 16 * 1024,
  /** A signature file: minisign's own limits are 1,024 for the untrusted and 8,192 for the trusted comment. */
  signatureBytes: 16 * 1024,
} as const;
