/**
 * An ECDSA signature in DER (RFC 3279 §2.2.3), which is what the host verifies.
 *
 * WebCrypto, JOSE and smart cards give the two numbers side by side (IEEE P1363);
 * upstream accepts that too, whenever the signature does not read as DER.
 */
export function ecdsaSignatureToDer(signature: Uint8Array, coordinateBytes: number): Uint8Array {
  if (signature.length !== 2 * coordinateBytes || looksLikeDer(signature)) return signature;
  const body = [...integer(signature.subarray(0, coordinateBytes)), ...integer(signature.subarray(coordinateBytes))];
  return Uint8Array.from([0x30, ...length(body.length), ...body]);
}

/** A DER SEQUENCE that spans the whole signature and starts with an INTEGER. */
function looksLikeDer(bytes: Uint8Array): boolean {
  const long = bytes[1] === 0x81;
  const header = long ? 3 : 2;
  return bytes[0] === 0x30 && bytes[long ? 2 : 1] === bytes.length - header && bytes[header] === 0x02;
}

function integer(bytes: Uint8Array): number[] {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? [0] : [...bytes.subarray(first)];
  if ((digits[0] ?? 0) >= 0x80) digits.unshift(0);
  return [0x02, digits.length, ...digits];
}

function length(size: number): number[] {
  return size < 0x80 ? [size] : [0x81, size];
}
