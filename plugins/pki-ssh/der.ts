const sequenceTag = 0x30;
const integerTag = 0x02;
const bitStringTag = 0x03;

/** DER of an INTEGER (X.690 §8.3) from a magnitude without leading zeros. */
export function integer(magnitude: Uint8Array): Buffer {
  const first = magnitude[0];
  return element(integerTag, first === undefined || first >= 0x80 ? [Buffer.of(0), magnitude] : [magnitude]);
}

/** DER of a SEQUENCE of what is DER already. */
export function sequence(...elements: readonly Uint8Array[]): Buffer {
  return element(sequenceTag, elements);
}

/** DER of a BIT STRING of whole bytes. */
export function bitString(bytes: Uint8Array): Buffer {
  return element(bitStringTag, [Buffer.of(0), bytes]);
}

function element(tag: number, contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.of(tag), length(body.length), body]);
}

/** Up to 65,535 bytes: more than any file here may have. */
function length(size: number): Buffer {
  if (size < 0x80) return Buffer.of(size);
  return size < 0x100 ? Buffer.of(0x81, size) : Buffer.of(0x82, size >> 8, size & 0xff);
}
