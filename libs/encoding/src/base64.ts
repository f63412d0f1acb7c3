import { malformed } from '@countersign/errors';
import { asBuffer } from './bytes.ts';

/**
 * Decodes strict base64 (RFC 4648 §4): the standard alphabet, padded, with no
 * white space and no stray bits after the last byte, so that each byte string
 * has exactly one spelling.
 *
 * @throws `ERR_MALFORMED`
 */
export function fromBase64(text: string): Uint8Array {
  // Node's decoder takes nearly anything; what comes back unchanged was canonical.
  const decoded = Buffer.from(text, 'base64');
  if (decoded.toString('base64') !== text) throw malformed('base64');
  return new Uint8Array(decoded);
}

/** Encodes standard base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  return asBuffer(bytes).toString('base64');
}
