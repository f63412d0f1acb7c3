/** Every limit of this type; those of `pki-pkcs7` hold for the token inside. */
export const limits = {
  /** A response, in bytes: upstream's limit. */
  responseBytes: 10 * 1024,
} as const;
