import { splitPoint } from './size.ts';

/**
 * The root of the complete subtree over the leaves [index·2^level, (index+1)·2^level).
 * Level 0 is a leaf. These hashes never change once the leaves are there.
 */
export interface Node {
  readonly level: number;
  readonly index: number;
}

/**
 * The complete subtrees, left to right, whose right-associated fold is the hash of the
 * leaves [start, end). `start` must be a multiple of the smallest power of two that
 * is not below `end - start`, as every range in RFC 6962's definitions is.
 */
export function completeSubtrees(start: number, end: number): readonly Node[] {
  const nodes: Node[] = [];
  let at = start;
  while (at < end) {
    const rest = end - at;
    // The largest power of two that is not above `rest`.
    const width = rest === 1 ? 1 : splitPoint(rest + 1);
    nodes.push({ level: Math.log2(width), index: at / width });
    at += width;
  }
  return nodes;
}
