import * as crypto from 'node:crypto';
import type { HashAlgorithm } from './algorithm.ts';

/** The hash of `data`: 20 bytes for `sha1` (old package formats only, never under a signature of ours), else 32, 48 or 64. */
export function hash(algorithm: 'sha1' | HashAlgorithm, data: Uint8Array): Uint8Array {
  return crypto.hash(algorithm, data, 'buffer');
}
