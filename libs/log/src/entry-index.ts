import type { Growth, LeafId } from '@countersign/tree';

/** What is looked for. Case does not count. */
export interface IndexQuery {
  /** Whole keys. */
  readonly keys: readonly string[];
  /** What keys start with. */
  readonly prefixes: readonly string[];
  /** Whether one of the criteria is enough, or all must hold. */
  readonly operator: 'or' | 'and';
  /** Only leaves below this one. */
  readonly before?: LeafId | undefined;
  /** Leaves at most. */
  readonly limit: number;
}

/** How far an index is. Entries are counted over all shards, the oldest first. */
export interface IndexState {
  /** Every entry below this one is found. */
  readonly covered: number;
  /** Entries that are stored in the index. */
  readonly indexed: number;
  /** Entries there are. */
  readonly total: number;
  /** Failures since the start. */
  readonly failures: number;
}

/** A shard as the search index knows it. */
export interface IndexedShard {
  readonly id: number;
  /** Decimal. */
  readonly treeId: string;
  /** Leaves it has at the start. */
  readonly size: number;
}

/** The search index that stands behind a log. */
export interface EntryIndex {
  readonly state: IndexState;
  /** Takes a new shard, which follows all others. Never throws. */
  follow(shard: IndexedShard): void;
  /** Takes what was committed, in order. Never throws: an index that fails falls behind. */
  committed(growth: Growth): void;
  /**
   * Leaves, the highest first; `next` when there may be more, all below it. Leaves of entries beyond
   * `state.covered` may be missing.
   *
   * @throws `ERR_SEARCH_TOO_BROAD`, `ERR_INDEX_BEHIND` when nothing can be found at all
   */
  find(query: IndexQuery): { readonly leaves: readonly LeafId[]; readonly next: LeafId | undefined };
}
