/** Every limit of searches, and of adopting a log. */
export const logLimits = {
  /** Entries of one page of a search. */
  pageEntries: 1000,
  /** Pages that an answer in one piece is made of: 100,000 entries. */
  pages: 100,
  /** Entries that a log is asked for at once: no more are given. */
  importEntries: 10,
  /** Such requests under way at once. */
  importRequests: 8,
} as const;
