import type { JsonObject, JsonValue } from '@countersign/plugin-api';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Parses JSON from strict UTF-8; of members with equal names the last one counts. Throws whatever the parsers throw. */
export function parseJson(bytes: Uint8Array): JsonValue {
  return JSON.parse(utf8.decode(bytes));
}

/** Tells a JSON object from the other JSON values. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
