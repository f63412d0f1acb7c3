/** Every limit of this policy. */
export const limits = {
  /** Roots and intermediates together: with what an entry brings they are what a chain is chosen from. */
  certificates: 64,
} as const;
