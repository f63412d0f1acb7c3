/** Every limit of searches, and of adopting a log. */
export const logLimits = {
  /** Entries of one page of a search. */
  pageEntries: 1000,
  /** Pages that an answer in one piece is made of: 100,000 entries. */
  pages: 100,
  /** Entries of searches that show themselves at once: one message to a worker. */
  displaysAtOnce: 32,
  /** Such entries that may wait; more are listed without. */
  displaysWaiting: 10_000,
  /** What was shown of such entries, kept in memory: a few megabytes. */
  displaysKept: 20_000,
  /** Entries that a log is asked for at once: no more are given. */
  importEntries: 10,
  /** Such requests under way at once. */
  importRequests: 8,
} as const;

/** Every limit of nodes that share a log. */
export const sharedLimits = {
  /** Milliseconds an upload waits for the node that sequences: two takeovers. */
  waitMs: 10_000,
  /** Seconds that an upload which waited in vain is told to wait before the next attempt. */
  retryAfterSeconds: 1,
  /** Uploads of other nodes that are read at once: a commit. */
  submissions: 256,
  /** Bytes of them; at least one is read. */
  submissionBytes: 16 * 1024 * 1024,
  /** Milliseconds without a look at the database after which a node is not ready: a takeover. */
  staleMs: 5000,
} as const;
