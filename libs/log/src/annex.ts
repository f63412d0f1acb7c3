import { canonicalJson } from '@countersign/encoding';
import type { CanonicalEntry } from '@countersign/plugin-host';

/**
 * What is kept beside a leaf and is no part of the tree: the keys the search index finds
 * the entry by. Canonical JSON, so that an index can be made again from the log alone.
 */
export function annexOf(entry: Pick<CanonicalEntry, 'indexKeys'>): Uint8Array {
  return canonicalJson({ indexKeys: entry.indexKeys });
}
