import { createHash, hash } from 'node:crypto';
import { malformed } from '@countersign/errors';

/** 32 bytes of SHA-256. */
export type Hash = Uint8Array;

declare const leafBrand: unique symbol;

/** The hash of a leaf, told apart by type from the hash of an inner node (RFC 6962 §2.1). */
export type LeafHash = Hash & { readonly [leafBrand]: true };

/** Bytes of a {@link Hash}. */
export const hashSize = 32;

/** Up to here copying behind the prefix and hashing in one call is faster than a streaming hash. */
const scratchSize = 16 * 1024;

// Everything here is synchronous, so one buffer each is never in use twice.
const leafScratch = new Uint8Array(1 + scratchSize);
const nodeScratch = new Uint8Array(1 + 2 * hashSize);
nodeScratch[0] = 0x01;

/** The root of the tree without leaves: SHA-256 of nothing (RFC 6962 §2.1). */
export const emptyRoot: Hash = sha256(new Uint8Array(0));

/**
 * SHA-256 in one call. The digest crosses from OpenSSL as a Latin-1 string into Node's buffer pool:
 * half the time of having a buffer made there (measured: 0.4 µs to 1.0 µs).
 */
export function sha256(data: Uint8Array): Hash {
  return Buffer.from(hash('sha256', data, 'binary'), 'binary');
}

/** The leaf hash of `data`: SHA-256(0x00 ‖ data) (RFC 6962 §2.1). */
export function leafHash(data: Uint8Array): LeafHash {
  if (data.length > scratchSize) {
    return createHash('sha256').update(leafScratch.subarray(0, 1)).update(data).digest() as Uint8Array as LeafHash;
  }
  leafScratch.set(data, 1);
  return sha256(leafScratch.subarray(0, 1 + data.length)) as LeafHash;
}

/** The hash of an inner node: SHA-256(0x01 ‖ left ‖ right) (RFC 6962 §2.1). Throws `RangeError` unless both are 32 bytes. */
export function nodeHash(left: Hash, right: Hash): Hash {
  if (left.length !== hashSize || right.length !== hashSize) throw new RangeError('not a hash');
  nodeScratch.set(left, 1);
  nodeScratch.set(right, 1 + hashSize);
  return sha256(nodeScratch);
}

/** {@link nodeHash} inside one buffer: of the two hashes side by side at `pair`, written to `target`. Byte offsets. */
export function nodeHashWithin(nodes: Buffer, pair: number, target: number): void {
  nodeScratch.set(nodes.subarray(pair, pair + 2 * hashSize), 1);
  nodes.write(hash('sha256', nodeScratch, 'binary'), target, 'binary');
}

/** Takes 32 bytes read from elsewhere as a leaf hash. Throws `ERR_MALFORMED` on another length. */
export function toLeafHash(bytes: Uint8Array): LeafHash {
  if (bytes.length !== hashSize) throw malformed('leaf hash', `${bytes.length} bytes, not ${hashSize}`);
  return bytes as LeafHash;
}
