import { malformed } from '@countersign/errors';
import { asBuffer } from './bytes.ts';

/**
 * Decodes hex of either case (RFC 4648 §8).
 *
 * @throws `ERR_MALFORMED`
 */
export function fromHex(text: string): Uint8Array {
  // Node's decoder stops at the first wrong character without a word.
  const decoded = Buffer.from(text, 'hex');
  if (decoded.toString('hex') !== text.toLowerCase()) throw malformed('hex');
  return new Uint8Array(decoded);
}

/** Encodes lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('hex');
}
