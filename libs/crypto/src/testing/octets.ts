import { concat, der, fromHex, readDer } from '@countersign/encoding';

/** A copy with one bit flipped, counted from the first octet's highest. */
export function flip(bytes: Uint8Array, bit: number): Uint8Array {
  return replace(bytes, bit >> 3, (bytes[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7)));
}

/** A copy with one octet replaced. */
export function replace(bytes: Uint8Array, at: number, octet: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = octet;
  return copy;
}

/** A natural number of big-endian octets. */
export function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).toString('hex')}`);
}

/** Big-endian octets of a natural number, `length` of them at least. */
export function toOctets(value: bigint, length = 1): Uint8Array {
  const hex = value.toString(16);
  return fromHex(hex.padStart(Math.max(length * 2, hex.length + (hex.length % 2)), '0'));
}

/** The INTEGER with a zero octet more than DER has. */
export function overlong(integer: Uint8Array): Uint8Array {
  return der.value(2, Uint8Array.of(0), readDer(integer).contents);
}

/** The value with its length in one octet more than DER has. */
export function longForm(value: Uint8Array): Uint8Array {
  const { tag, contents } = readDer(value);
  const { length } = contents;
  const octets =
    length < 0x80 ? [0x81, length] : length < 0x100 ? [0x82, 0, length] : [0x83, 0, length >> 8, length & 255];
  return concat(Uint8Array.of(tag, ...octets), contents);
}
