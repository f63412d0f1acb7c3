import { malformed } from '@countersign/errors';
import { utf8Encode } from './bytes.ts';
import type { JsonValue } from './json.ts';
import { limits } from './limits.ts';

/**
 * Writes a value as canonical JSON (RFC 8785): members sorted by UTF-16 code units,
 * ECMAScript's numbers and escapes, no white space, UTF-8. Members whose value is
 * `undefined` are left out.
 *
 * @throws `ERR_MALFORMED` on what JSON cannot say: a number that is not finite, a lone
 * surrogate, a cycle or deeper nesting than the limit
 */
export function canonicalJson(value: JsonValue): Uint8Array {
  return utf8Encode(write(value, limits.jsonDepth));
}

function write(value: JsonValue, depth: number): string {
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      if (!Number.isFinite(value)) throw malformed('JSON', 'number out of range');
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      break;
    default:
      throw malformed('JSON', `a ${typeof value} is no JSON value`);
  }
  if (value === null) return 'null';
  if (depth === 0) throw malformed('JSON', 'nested too deeply');
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth - 1)).join(',')}]`;

  let text = '';
  // Array.prototype.sort compares UTF-16 code units, which is the order of §3.2.3.
  for (const key of Object.keys(value).sort()) {
    const member = (value as { readonly [key: string]: JsonValue | undefined })[key];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${writeString(key)}:${write(member, depth - 1)}`;
  }
  return `{${text}}`;
}

function writeString(text: string): string {
  // JSON.stringify would escape a lone surrogate; §3.2.2.2 wants an error.
  if (!text.isWellFormed()) throw malformed('JSON', 'lone surrogate');
  return JSON.stringify(text);
}
