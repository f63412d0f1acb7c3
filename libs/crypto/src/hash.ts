import * as crypto from 'node:crypto';
import type { HashAlgorithm } from './algorithm.ts';

/** The hash of `data`: 20 bytes for `sha1` (old package formats only, never under a signature of ours), else 32, 48 or 64. */
export function hash(algorithm: 'sha1' | HashAlgorithm, data: Uint8Array): Uint8Array {
  // No Buffer leaves this package: its `slice` aliases, and tests for equality tell it from a Uint8Array.
  return new Uint8Array(crypto.hash(algorithm, data, 'buffer'));
}
