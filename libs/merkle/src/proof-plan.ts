import { CountersignError } from '@countersign/errors';
import { completeSubtrees, type Node } from './node.ts';
import { isCount, splitPoint, treeSize } from './size.ts';

/**
 * What a proof is made of: for each of its hashes, in order, the complete subtrees it is
 * the fold of, left to right. Storage reads these nodes; the tree's shape stays here.
 */
export type ProofPlan = readonly (readonly Node[])[];

/** The complete subtrees the root of a tree of `size` leaves is the fold of; none for the empty tree. */
export function planRoot(size: number): readonly Node[] {
  return completeSubtrees(0, treeSize(size));
}

/**
 * The inclusion proof of leaf `index` in the tree of `size` leaves: PATH(m, D[n]) of RFC 6962 §2.1.1.
 * Throws `ERR_PROOF_RANGE` unless 0 ≤ index < size.
 */
export function planInclusion(index: number, size: number): ProofPlan {
  if (!isCount(index) || index >= treeSize(size)) {
    throw outOfRange(`no leaf ${index} in a tree of size ${size}`, { index, size });
  }
  const path: (readonly Node[])[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      path.push(completeSubtrees(middle, end));
      end = middle;
    } else {
      path.push(completeSubtrees(start, middle));
      start = middle;
    }
  }
  return path.reverse();
}

/**
 * The consistency proof between the trees of `first` and `second` leaves: PROOF(m, D[n]) of RFC 6962 §2.1.2.
 * Empty when the sizes are equal, and when `first` is 0: the empty tree is consistent with every other.
 * Throws `ERR_PROOF_RANGE` unless 0 ≤ first ≤ second.
 */
export function planConsistency(first: number, second: number): ProofPlan {
  if (treeSize(first) > treeSize(second)) {
    throw outOfRange(`no consistency proof from size ${first} back to ${second}`, { first, second });
  }
  if (first === 0) return [];
  const path: (readonly Node[])[] = [];
  let start = 0;
  let end = second;
  while (first < end) {
    const middle = start + splitPoint(end - start);
    if (first <= middle) {
      path.push(completeSubtrees(middle, end));
      end = middle;
    } else {
      path.push(completeSubtrees(start, middle));
      start = middle;
    }
  }
  // What is left is the first tree's last complete subtree; unless that is the whole first tree, whose root is known.
  if (start > 0) path.push(completeSubtrees(start, end));
  return path.reverse();
}

/** Every node of a plan, in order. */
export function planNodes(plan: ProofPlan): readonly Node[] {
  return plan.flat();
}

function outOfRange(message: string, details: Readonly<Record<string, number>>): CountersignError {
  return new CountersignError('ERR_PROOF_RANGE', message, { details });
}
