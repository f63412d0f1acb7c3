import { createHash } from 'node:crypto';
import { leafHash, nodeHash } from '@countersign/merkle';

/** The root of a list of leaves, straight from RFC 6962 §2.1. */
export function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  return naiveRootOfHashes(leaves.map(leafHash));
}

/** {@link naiveRoot} of leaves whose hashes these are. */
export function naiveRootOfHashes(hashes: readonly Uint8Array[]): Uint8Array {
  const [first] = hashes;
  if (first === undefined) return createHash('sha256').digest();
  if (hashes.length === 1) return first;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(naiveRootOfHashes(hashes.slice(0, split)), naiveRootOfHashes(hashes.slice(split)));
}
