/** What a command takes at most; those of a search are the log's own. */
export const cliLimits = {
  /** Keys and prefixes of one search. */
  searchCriteria: 20,
  /** Characters of each. */
  searchKeyLength: 512,
  /** Entries of one page. */
  searchPage: 1000,
} as const;
