import { CountersignError, malformed } from '@countersign/errors';
import { utf8Decode } from './bytes.ts';
import { limits } from './limits.ts';

/** A JSON value as `JSON.parse` returns it. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/** What {@link parseJson} accepts at most. */
export interface JsonLimits {
  /** Length of the text in bytes. */
  readonly bytes?: number;
  /** Nesting of arrays and objects; a scalar has depth 0. */
  readonly depth?: number;
}

/**
 * Parses JSON (RFC 8259) from strict UTF-8 without byte order mark. A member named
 * `__proto__` stays an ordinary own member; of equal names the last one counts.
 *
 * @throws `ERR_MALFORMED` on what is no JSON, is nested too deeply, or holds a number beyond a double's range
 * @throws `ERR_TOO_LARGE` on more than `limits.bytes`
 */
export function parseJson(
  bytes: Uint8Array,
  { bytes: maxBytes = limits.jsonBytes, depth = limits.jsonDepth }: JsonLimits = {},
): JsonValue {
  if (bytes.length > maxBytes) {
    throw new CountersignError('ERR_TOO_LARGE', `JSON of ${bytes.length} bytes is over the limit of ${maxBytes}`);
  }
  const text = utf8Decode(bytes);
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw malformed('JSON', cause instanceof Error ? cause.message : undefined, cause);
  }
  checkValue(value, depth);
  return value;
}

/** Tells a JSON object from the other JSON values. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkValue(value: JsonValue | undefined, depth: number): void {
  if (typeof value === 'number') {
    // JSON.parse reads 1e999 as Infinity, which no JSON can say.
    if (!Number.isFinite(value)) throw malformed('JSON', 'number out of range');
  } else if (typeof value === 'object' && value !== null) {
    if (depth === 0) throw malformed('JSON', 'nested too deeply');
    for (const member of Array.isArray(value) ? value : Object.values(value)) checkValue(member, depth - 1);
  }
}
