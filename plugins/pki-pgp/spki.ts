/** Just enough DER (X.690) to write the SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) of a key: what node:crypto reads. */
function der(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(contents);
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest >>>= 8) length.unshift(rest & 0xff);
  const header = content.length < 0x80 ? [content.length] : [0x80 | length.length, ...length];
  return Buffer.concat([Buffer.of(tag, ...header), content]);
}

/** SEQUENCE. */
export function sequence(...members: readonly Uint8Array[]): Uint8Array {
  return der(0x30, ...members);
}

/** INTEGER, from the big-endian bytes of a number that is not negative. */
export function integer(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Buffer.of(0) : bytes.subarray(first);
  return (digits[0] ?? 0) >= 0x80 ? der(0x02, Buffer.of(0), digits) : der(0x02, digits);
}

/** OBJECT IDENTIFIER, from its encoded bytes in hex. */
export function objectId(hex: string): Uint8Array {
  return der(0x06, Buffer.from(hex, 'hex'));
}

/** BIT STRING of whole bytes. */
export function bitString(content: Uint8Array): Uint8Array {
  return der(0x03, Buffer.of(0), content);
}

/** NULL. */
export function nothing(): Uint8Array {
  return der(0x05);
}
