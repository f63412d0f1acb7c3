import type { VirtualIndex } from './indexes.ts';

/** What a retrieval names entries by; absent lists are empty. */
export interface Retrieval {
  /** Entry IDs (80 hex digits) or UUIDs (64). */
  readonly entryIds?: readonly string[];
  /** Proposed entries, JSON bytes each. */
  readonly proposals?: readonly Uint8Array[];
  readonly indexes?: readonly VirtualIndex[];
}
