/** Every limit of searches. */
export const logLimits = {
  /** Entries of one page of a search. */
  pageEntries: 1000,
  /** Pages that an answer in one piece is made of: 100,000 entries. */
  pages: 100,
} as const;
