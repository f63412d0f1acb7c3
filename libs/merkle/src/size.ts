import { CountersignError } from '@countersign/errors';
import { maxTreeSize } from './limits.ts';

declare const sizeBrand: unique symbol;

/** The number of leaves of a tree: an integer in [0, 2^53-1]. */
export type TreeSize = number & { readonly [sizeBrand]: true };

/** Takes a number as a tree size. Throws `ERR_PROOF_RANGE` unless it is an integer in [0, 2^53-1]. */
export function treeSize(value: number): TreeSize {
  if (!isCount(value)) {
    throw new CountersignError('ERR_PROOF_RANGE', `${value} is not a tree size`, { details: { found: String(value) } });
  }
  return value as TreeSize;
}

/** Tells whether `value` is an integer in [0, 2^53-1]. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= maxTreeSize;
}

/** The largest power of two below `count`, which is at least 2: where RFC 6962 §2.1 splits a list of leaves. */
export function splitPoint(count: number): number {
  let power = 1;
  while (power * 2 < count) power *= 2;
  return power;
}
