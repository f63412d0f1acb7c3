/** Identifier octets (X.690 §8.1.2) that CMS is made of. */
export const tag = {
  integer: 0x02,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  bitString: 0x03,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
  context1: 0xa1,
  context2: 0xa2,
  context3: 0xa3,
} as const;

/** Writes one value from complete members. */
export function write(identifier: number, ...members: readonly Uint8Array[]): Uint8Array {
  const contents = Buffer.concat(members);
  const length: number[] = [];
  for (let left = contents.length; left > 0; left >>>= 8) length.unshift(left & 0xff);
  const header = contents.length < 0x80 ? [identifier, contents.length] : [identifier, 0x80 | length.length, ...length];
  return Buffer.concat([Uint8Array.from(header), contents]);
}

/** Writes a SET OF, its members in order (X.690 §11.6). */
export function writeSet(members: readonly Uint8Array[]): Uint8Array {
  return write(tag.set, ...[...members].sort(Buffer.compare));
}

/** Whether two runs of bytes are the same. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
