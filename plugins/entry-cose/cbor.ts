import type { PluginApi } from '@countersign/plugin-api';
import { limits } from './limits.ts';

/** Key of a map: an integer of 64 bits, or a text. */
export type Label = bigint | string;

/** A data item of CBOR (RFC 8949 §3), as far as COSE looks at it. Byte strings share the memory of the input. */
export type CborValue =
  | bigint
  | string
  | Uint8Array
  | readonly CborValue[]
  | ReadonlyMap<Label, CborValue>
  | { readonly tag: bigint; readonly value: CborValue }
  /** `null`, `true`, a float and so on: as its bytes. */
  | { readonly simple: Uint8Array };

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads exactly one data item. Lengths must be definite, texts UTF-8, the keys of a map integers or texts, each once.
 * Lengths and integers may be written longer than they need be.
 *
 * @param tagged whether tags may stand in it
 * @throws `ERR_MALFORMED`; `ERR_TOO_LARGE` on what nests too deep or has too many items
 */
export function readCbor(
  { errors }: PluginApi,
  bytes: Uint8Array,
  { tagged }: { readonly tagged: boolean },
): CborValue {
  let at = 0;
  let items = 0;
  const value = item(0);
  if (at !== bytes.length) throw malformed('trailing data');
  return value;

  function item(depth: number): CborValue {
    items += 1;
    if (items > limits.headerItems) throw errors.refuse('ERR_TOO_LARGE', `CBOR has over ${limits.headerItems} items`);
    if (depth > limits.depth) throw errors.refuse('ERR_TOO_LARGE', `CBOR nests over ${limits.depth} deep`);
    const start = at;
    const initial = take(1)[0] ?? 0;
    const major = initial >> 5;
    const argument = readArgument(initial & 31);
    switch (major) {
      case 0:
        return checkInteger(argument);
      case 1:
        return checkInteger(-1n - argument);
      case 2:
        return take(argument);
      case 3:
        return text(take(argument));
      case 4:
        return list(argument, depth);
      case 5:
        return map(argument, depth);
      case 6:
        if (!tagged) throw malformed('a tag');
        return { tag: argument, value: item(depth + 1) };
      default:
        // One octet behind the first is for those that do not fit into it.
        if ((initial & 31) === 24 && argument < 32n) throw malformed('a simple value');
        return { simple: bytes.subarray(start, at) };
    }
  }

  function readArgument(info: number): bigint {
    if (info < 24) return BigInt(info);
    if (info > 27) throw malformed('an indefinite or reserved length');
    return BigInt(`0x${Buffer.from(take(1 << (info - 24))).toString('hex')}`);
  }

  function take(length: bigint | number): Uint8Array {
    if (BigInt(length) > BigInt(bytes.length - at)) throw malformed('truncated');
    const start = at;
    at += Number(length);
    return bytes.subarray(start, at);
  }

  function list(length: bigint, depth: number): CborValue[] {
    const values: CborValue[] = [];
    for (let index = 0n; index < length; index++) values.push(item(depth + 1));
    return values;
  }

  function map(length: bigint, depth: number): Map<Label, CborValue> {
    const entries = new Map<Label, CborValue>();
    for (let index = 0n; index < length; index++) {
      const label = item(depth + 1);
      if (typeof label !== 'bigint' && typeof label !== 'string') throw malformed('a label is no integer or text');
      if (entries.has(label)) throw malformed('a label is there twice');
      entries.set(label, item(depth + 1));
    }
    return entries;
  }

  function checkInteger(value: bigint): bigint {
    if (BigInt.asIntN(64, value) === value) return value;
    throw malformed('an integer of over 64 bits');
  }

  function text(utf8Bytes: Uint8Array): string {
    try {
      return utf8.decode(utf8Bytes);
    } catch (cause) {
      throw errors.refuse('ERR_MALFORMED', 'malformed CBOR: a text is no UTF-8', cause);
    }
  }

  function malformed(why: string): Error {
    return errors.refuse('ERR_MALFORMED', `malformed CBOR: ${why}`);
  }
}

/** Writes a byte string. Its length must be below 2³². */
export function writeBytes(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  const head =
    length < 24
      ? [0x40 | length]
      : length < 0x100
        ? [0x58, length]
        : length < 0x10000
          ? [0x59, length >> 8, length & 0xff]
          : [0x5a, length >>> 24, (length >> 16) & 0xff, (length >> 8) & 0xff, length & 0xff];
  return Buffer.concat([Uint8Array.from(head), bytes]);
}
