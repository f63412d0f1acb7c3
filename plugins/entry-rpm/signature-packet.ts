import type { PluginApi } from '@countersign/plugin-api';

const signatureTag = 2;
const version4 = 4;
const binaryDocument = 0;

/**
 * Refuses a blob of a signature header that is not exactly one OpenPGP signature over binary data: not armored, not
 * over text (whose line breaks may change), with nothing after it (RFC 9580 §4.2, §5.2).
 *
 * @throws `ERR_MALFORMED` or `ERR_UNSUPPORTED`
 */
export function requireOneSignature(blob: Uint8Array, { errors }: PluginApi): void {
  const packet = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);
  const { tag, start, length } = framing(packet);
  if (tag !== signatureTag || start + length !== packet.length) {
    throw errors.refuse('ERR_MALFORMED', 'malformed RPM signature: not one PGP signature packet');
  }
  if (packet[start] !== version4 || packet[start + 1] !== binaryDocument) {
    throw errors.refuse('ERR_UNSUPPORTED', 'unsupported RPM signature: not version 4 over binary data');
  }
}

interface Framing {
  readonly tag: number;
  readonly start: number;
  readonly length: number;
}

/** Tag and length of the first packet; nothing that can be right where they cannot be read. */
function framing(packet: Buffer): Framing {
  const [first = 0, length = 0, second = 0] = packet;
  const none = { tag: 0, start: 0, length: 0 };
  if (first < 0x80) return none;
  if (first < 0xc0) {
    const lengthBytes = [1, 2, 4][first & 3];
    if (lengthBytes === undefined || packet.length <= lengthBytes) return none;
    return { tag: (first >> 2) & 15, start: 1 + lengthBytes, length: packet.readUIntBE(1, lengthBytes) };
  }
  const tag = first & 63;
  if (length < 192) return { tag, start: 2, length };
  if (length < 224) return { tag, start: 3, length: (length - 192) * 256 + second + 192 };
  if (length < 255 || packet.length < 6) return none;
  return { tag, start: 6, length: packet.readUInt32BE(2) };
}
