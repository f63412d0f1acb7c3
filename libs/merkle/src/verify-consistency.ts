import { equalBytes, toHex } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { emptyRoot, type Hash, hashSize, nodeHash } from './hash.ts';
import { isCount } from './size.ts';

/** Two trees, and the hashes that should show the second to be the first with leaves appended. */
export interface ConsistencyProof {
  readonly first: number;
  readonly second: number;
  readonly firstRoot: Hash;
  readonly secondRoot: Hash;
  readonly hashes: readonly Hash[];
}

/**
 * Verifies a consistency proof (RFC 9162 §2.1.4.2). Throws `ERR_PROOF_INVALID` unless it shows
 * that the tree of `second` leaves extends the tree of `first` leaves. Equal sizes and an
 * empty first tree take an empty proof.
 */
export function verifyConsistency({ first, second, firstRoot, secondRoot, hashes }: ConsistencyProof): void {
  if (!isCount(first) || !isCount(second) || first > second) throw refuse(`no proof from size ${first} to ${second}`);
  if (firstRoot.length !== hashSize || secondRoot.length !== hashSize) throw refuse('a root is not 32 bytes');
  if (hashes.some((hash) => hash.length !== hashSize)) throw refuse('a hash is not 32 bytes');
  if (first === 0 || first === second) {
    if (hashes.length > 0) throw refuse('too many hashes');
    expectRoot('first', first === 0 ? emptyRoot : secondRoot, firstRoot);
    if (second === 0) expectRoot('second', emptyRoot, secondRoot);
    return;
  }
  let node = first - 1;
  let last = second - 1;
  // Up to the root of the first tree's last complete subtree: the walk starts there.
  while (node % 2 === 1) {
    node = (node - 1) / 2;
    last = Math.floor(last / 2);
  }
  // When that subtree is the whole first tree its root is known, and the proof leaves it out.
  const [seed, ...rest] = node === 0 ? [firstRoot, ...hashes] : hashes;
  if (seed === undefined) throw refuse('too few hashes');
  let rootOfFirst = seed;
  let rootOfSecond = seed;
  for (const hash of rest) {
    if (last === 0) throw refuse('too many hashes');
    if (node % 2 === 1 || node === last) {
      rootOfFirst = nodeHash(hash, rootOfFirst);
      rootOfSecond = nodeHash(hash, rootOfSecond);
      // The right edge has no sibling on these levels.
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      rootOfSecond = nodeHash(rootOfSecond, hash);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  if (last !== 0) throw refuse('too few hashes');
  expectRoot('first', rootOfFirst, firstRoot);
  expectRoot('second', rootOfSecond, secondRoot);
}

function expectRoot(which: 'first' | 'second', found: Hash, expected: Hash): void {
  if (equalBytes(found, expected)) return;
  throw refuse(`it leads to another ${which} root`, {
    root: which,
    expected: toHex(expected),
    found: toHex(found),
  });
}

function refuse(why: string, details: Readonly<Record<string, string>> = {}): CountersignError {
  return new CountersignError('ERR_PROOF_INVALID', `the consistency proof is wrong: ${why}`, { details });
}
