/** Every limit of the search index. */
export const searchLimits = {
  /** Characters of a key; a longer one is not indexed, and no query has one. */
  keyCharacters: 512,
  /** Leaves that are indexed in one transaction: the more, the less each costs, and the more wait in memory meanwhile. */
  batchLeaves: 8192,
  /** Bytes of the annexes of one such batch. */
  batchBytes: 16 * 1024 * 1024,
  /** Entries that are read into memory at a start; more are indexed first, and the index is behind until then. */
  startEntries: 32_768,
  /** About the bytes of memory that entries waiting to be indexed may take; beyond it the oldest are let go. */
  tailBytes: 32 * 1024 * 1024,
  /** Shards of which entries wait at one time: the active one, and those before it that are still to be indexed. */
  tails: 4,
  /** Leaves of one part of the tail, which is let go as a whole. */
  segmentLeaves: 1024,
  /**
   * Leaves of one part of the file. Keys come in no order, so that a batch writes to most pages of the parts it is in: this
   * bounds what an upload costs however long the log is. A search looks into every part.
   */
  partLeaves: 2 ** 17,
  /** Batches that a closing index still writes. */
  closingBatches: 4,
  /** Leaves of one answer. */
  pageLeaves: 1000,
  /** Criteria of one query. */
  criteria: 20,
  /** Rows that a prefix may match; more are refused. */
  prefixRows: 10_000,
  /** Look-ups for one page of an intersection; then the page ends, with where to go on. */
  intersectionSteps: 4096,
  /** Leaves read with one look-up of an intersection. */
  intersectionChunk: 16,
  /** Leaves of an answer that is not paged. */
  allLeaves: 100_000,
} as const;
