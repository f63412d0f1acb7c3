import type { LeafId } from '@countersign/tree';

/** The leaves that one criterion of a query finds. */
export interface LeafSource {
  /** Up to `count` of them below `before`, the highest first, each once. */
  below(before: number, count: number): readonly LeafId[];
}

/** The union of lists that are sorted from the highest on, likewise sorted, each leaf once. */
export function mergeLeaves(lists: readonly (readonly LeafId[])[], count: number): LeafId[] {
  const [only, ...others] = lists.filter((list) => list.length > 0);
  if (only === undefined) return [];
  if (others.length === 0) return only.slice(0, count);
  const all = lists.flat().sort((a, b) => b - a);
  return all.filter((leaf, at) => leaf !== all[at - 1]).slice(0, count);
}

/** A list of leaves, the highest first, each once, as a source. */
export function listSource(leaves: readonly LeafId[]): LeafSource {
  return {
    below: (before, count) => {
      const from = firstBelow(leaves, before);
      return leaves.slice(from, from + count);
    },
  };
}

/** Where in a list, the highest first, the leaves below `before` begin. */
function firstBelow(leaves: readonly LeafId[], before: number): number {
  let [low, high] = [0, leaves.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((leaves[middle] as number) < before) high = middle;
    else low = middle + 1;
  }
  return low;
}
