import { ByteReader } from './byte-reader.ts';
import { limits } from './limits.ts';
import { Problem } from './problem.ts';

/** One OpenPGP packet (RFC 9580 §4), not yet looked into. */
export interface RawPacket {
  readonly tag: number;
  readonly body: Uint8Array;
}

/** Packet types (RFC 9580 §5). */
export const tags = {
  signature: 2,
  secretKey: 5,
  publicKey: 6,
  secretSubkey: 7,
  marker: 10,
  trust: 12,
  userId: 13,
  publicSubkey: 14,
  userAttribute: 17,
  padding: 21,
  /** From here on a packet that is not known is no obstacle. */
  firstUncritical: 40,
} as const;

/** Splits bytes into packets. Both header formats; lengths must be definite, as they are for keys and signatures. */
export function readPackets(bytes: Uint8Array): RawPacket[] {
  const reader = new ByteReader(bytes);
  const packets: RawPacket[] = [];
  while (reader.rest > 0) {
    if (packets.length === limits.packets) throw new Problem('too large', `over ${limits.packets} packets`);
    const first = reader.number(1);
    if ((first & 0x80) === 0) throw new Problem('fatal', 'tag byte does not have MSB set');
    packets.push(
      (first & 0x40) === 0
        ? { tag: (first & 0x3c) >> 2, body: reader.take(oldLength(reader, first & 3)) }
        : { tag: first & 0x3f, body: reader.take(newLength(reader)) },
    );
  }
  return packets;
}

function oldLength(reader: ByteReader, type: number): number {
  if (type === 3) throw new Problem('fatal', 'packet of indeterminate length');
  return reader.number(1 << type);
}

function newLength(reader: ByteReader): number {
  const first = reader.number(1);
  if (first < 192) return first;
  if (first < 224) return (first - 192) * 256 + reader.number(1) + 192;
  if (first < 255) throw new Problem('fatal', 'packet of partial length');
  return reader.number(4);
}

/** Writes a packet with the shortest header of the new format. */
export function writePacket({ tag, body }: RawPacket): Uint8Array {
  return Buffer.concat([Buffer.of(0xc0 | tag), writeLength(body.length), body]);
}

function writeLength(length: number): Uint8Array {
  if (length < 192) return Buffer.of(length);
  if (length < 8384) return Buffer.of(192 + ((length - 192) >> 8), (length - 192) & 0xff);
  const long = Buffer.of(255, 0, 0, 0, 0);
  long.writeUInt32BE(length, 1);
  return long;
}
