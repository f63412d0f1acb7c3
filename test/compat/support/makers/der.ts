/** Identifier octets (X.690 §8.1.2). */
export const tag = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
} as const;

/** Writes one value of DER from complete members. */
export function der(identifier: number, ...members: readonly Uint8Array[]): Buffer {
  const contents = Buffer.concat(members);
  const length: number[] = [];
  for (let left = contents.length; left > 0; left >>>= 8) length.unshift(left & 0xff);
  const long = contents.length >= 0x80;
  return Buffer.concat([
    Buffer.from(long ? [identifier, 0x80 | length.length, ...length] : [identifier, contents.length]),
    contents,
  ]);
}

export const integer = (value: number): Buffer => der(tag.integer, Buffer.of(value));
export const hex = (text: string): Buffer => Buffer.from(text, 'hex');
