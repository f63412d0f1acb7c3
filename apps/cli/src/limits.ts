/** What a command takes at most; those of a search are the log's own. */
export const cliLimits = {
  /** Keys and prefixes of one search. */
  searchCriteria: 20,
  /** Characters of each. */
  searchKeyLength: 512,
  /** Entries of one page. */
  searchPage: 1000,
  /** Milliseconds that an import waits for one answer of the log, with all its attempts, and how many these are beside the first. */
  importTimeout: 5 * 60_000,
  importRetries: 8,
  /** Bytes of an entry written in YAML; the parser takes its time. */
  yamlBytes: 256 * 1024,
  /** Its nesting, measured before it is parsed: brackets open at once, and columns in which a line's structure begins. */
  yamlNesting: 256,
  /** How often YAML may refer to what it said before, all references counted out. */
  yamlAliases: 100,
} as const;
