import { fromBase64, fromHex, isJsonObject, type JsonObject, type JsonValue, toHex } from '@countersign/encoding';
import { CountersignError, malformed } from '@countersign/errors';
import { type Hash, hashSize, isCount } from '@countersign/merkle';
import { limits } from './limits.ts';

/** The value of a member, or of nothing at all. */
export type Field = JsonValue | undefined;

/** A JSON object. Like every reader here it throws `ERR_MALFORMED`, naming `what`. */
export function readObject(value: Field, what: string): JsonObject {
  if (!isJsonObject(value)) throw malformed(what, 'not an object');
  return value;
}

/** A string. */
export function readString(value: Field, what: string): string {
  if (typeof value !== 'string') throw malformed(what, 'not a string');
  return value;
}

/** An integer in [0, 2^53-1]. */
export function readCount(value: Field, what: string): number {
  if (typeof value !== 'number' || !isCount(value)) throw malformed(what, 'not an integer from 0 to 2^53-1');
  return value;
}

/** Strict base64 of at most `maxBytes`; above, `ERR_TOO_LARGE`. */
export function readBase64(value: Field, what: string, maxBytes: number): Uint8Array {
  const text = readString(value, what);
  // Four characters carry at most three bytes: what is longer need not be decoded.
  const bytes = text.length > Math.ceil(maxBytes / 3) * 4 ? undefined : fromBase64(text);
  if (bytes === undefined || bytes.length > maxBytes) {
    throw new CountersignError('ERR_TOO_LARGE', `${what} may have ${maxBytes} bytes`, { details: { limit: maxBytes } });
  }
  return bytes;
}

/** 32 bytes in lower-case hex, the one spelling that is also signed. */
export function readHash(value: Field, what: string): Hash {
  const text = readString(value, what);
  if (text.length !== 2 * hashSize) throw malformed(what, `not ${hashSize} bytes in hex`);
  const hash = fromHex(text);
  if (toHex(hash) !== text) throw malformed(what, 'not in lower case');
  return hash;
}

/** The hashes of a proof. Go writes an empty list as `null` or not at all. */
export function readHashes(value: Field, what: string): readonly Hash[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw malformed(what, 'not a list');
  if (value.length > limits.proofHashes) throw malformed(what, `more than ${limits.proofHashes} hashes`);
  return value.map((item: JsonValue) => readHash(item, what));
}
