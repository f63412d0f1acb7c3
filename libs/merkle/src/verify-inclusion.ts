import { equalBytes, toHex } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { type Hash, hashSize, type LeafHash, nodeHash } from './hash.ts';
import { isCount } from './size.ts';

/** A leaf, where it stands, and the hashes that should lead from it to the root of the tree of `size` leaves. */
export interface InclusionProof {
  readonly leafHash: LeafHash;
  readonly index: number;
  readonly size: number;
  readonly hashes: readonly Hash[];
}

/**
 * The root an inclusion proof leads to (RFC 9162 §2.1.3.2).
 * Throws `ERR_PROOF_INVALID` when the proof has not the shape that index and size give it.
 */
export function rootFromInclusion({ leafHash, index, size, hashes }: InclusionProof): Hash {
  if (!isCount(size) || !isCount(index) || index >= size) throw refuse(`no leaf ${index} in a tree of size ${size}`);
  if (leafHash.length !== hashSize) throw refuse('the leaf hash is not 32 bytes');
  let node = index;
  let last = size - 1;
  let root: Hash = leafHash;
  for (const hash of hashes) {
    if (last === 0) throw refuse('too many hashes');
    if (hash.length !== hashSize) throw refuse('a hash is not 32 bytes');
    if (node % 2 === 1 || node === last) {
      root = nodeHash(hash, root);
      // The right edge has no sibling on these levels.
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      root = nodeHash(root, hash);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0) throw refuse('too few hashes');
  return root;
}

/** Verifies an inclusion proof against `root`. Throws `ERR_PROOF_INVALID` unless it leads there. */
export function verifyInclusion(proof: InclusionProof & { readonly root: Hash }): void {
  const root = rootFromInclusion(proof);
  if (!equalBytes(root, proof.root)) {
    throw refuse('it leads to another root', { expected: toHex(proof.root), found: toHex(root) });
  }
}

function refuse(why: string, details: Readonly<Record<string, string>> = {}): CountersignError {
  return new CountersignError('ERR_PROOF_INVALID', `the inclusion proof is wrong: ${why}`, { details });
}
