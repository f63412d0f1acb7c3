/** Every limit of this format. Sizes are bytes. */
export const limits = {
  /** A key file or a signature file. The longest that is well formed has 107. */
  fileBytes: 128,
} as const;
