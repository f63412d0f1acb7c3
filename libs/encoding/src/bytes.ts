import { isUtf8 } from 'node:buffer';
import { malformed } from '@countersign/errors';

const encoder = new TextEncoder();

/** The same memory as a Node `Buffer`, for its fast methods. Stays inside this package: a Buffer's `slice` aliases. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Joins byte strings into new memory. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** Tells whether two byte strings are the same. Not constant in time: never for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/**
 * Encodes text as UTF-8.
 *
 * @throws `ERR_MALFORMED` on a lone surrogate, which UTF-8 cannot express
 */
export function utf8Encode(text: string): Uint8Array {
  if (!text.isWellFormed()) throw malformed('text', 'lone surrogate');
  return encoder.encode(text);
}

/**
 * Decodes UTF-8 (RFC 3629) and keeps a byte order mark, should there be one.
 *
 * @throws `ERR_MALFORMED` on anything that is not UTF-8
 */
export function utf8Decode(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw malformed('UTF-8');
  return asBuffer(bytes).toString('utf8');
}
