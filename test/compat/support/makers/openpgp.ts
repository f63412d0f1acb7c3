import { sign } from 'node:crypto';
import { base64, hash, makeKeyPair, rawKey } from './proposal.ts';

// RFC 9580, version 4, Ed25519.
const ed25519 = 27;
const sha256 = 8;
/** Signature types: over a document, over text, of a user id. */
export const signatureType = { binary: 0x00, text: 0x01, certification: 0x13 } as const;

const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const uint16 = (value: number) => Buffer.of(value >> 8, value & 0xff);
const packet = (type: number, body: Buffer) => Buffer.concat([Buffer.of(0xc0 | type, 0xff), uint32(body.length), body]);
const subpacket = (type: number, body: Buffer) => Buffer.concat([Buffer.of(body.length + 1, type), body]);
const area = (...subpackets: Buffer[]) => {
  const bytes = Buffer.concat(subpackets);
  return Buffer.concat([uint16(bytes.length), bytes]);
};

/** A key that signs. */
export interface PgpKey {
  /** The key file, binary. */
  readonly file: Buffer;
  /** A detached signature, binary. */
  sign(type: number, data: Buffer): Buffer;
}

/** Makes a key with one user id; key and signatures are made at `time`, in seconds since 1970. */
export function makePgpKey(userId: string, time: number): PgpKey {
  const pair = makeKeyPair('ed25519');
  const body = Buffer.concat([Buffer.of(4), uint32(time), Buffer.of(ed25519), rawKey(pair)]);
  const hashed = Buffer.concat([Buffer.of(0x99), uint16(body.length), body]);
  const issuer = subpacket(16, hash('sha1', hashed).subarray(-8));

  function signature(type: number, data: Buffer, ...more: Buffer[]): Buffer {
    const prefix = Buffer.concat([Buffer.of(4, type, ed25519, sha256), area(subpacket(2, uint32(time)), ...more)]);
    const digest = hash('sha256', data, prefix, Buffer.of(4, 0xff), uint32(prefix.length));
    const value = sign(null, digest, pair.privateKey);
    return packet(2, Buffer.concat([prefix, area(issuer), digest.subarray(0, 2), value]));
  }

  const name = Buffer.from(userId);
  const named = Buffer.concat([hashed, Buffer.of(0xb4), uint32(name.length), name]);
  const self = signature(signatureType.certification, named, subpacket(27, Buffer.of(3)));
  return { file: Buffer.concat([packet(6, body), packet(13, name), self]), sign: signature };
}

/** Armor without a checksum, as Go's libraries write it (§6.2). */
export function armor(label: string, bytes: Buffer): string {
  const lines = base64(bytes).match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, '', ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** A text in the cleartext framework (§7). Its lines begin with no dash and end in no space. */
export function clearsign(text: string, key: PgpKey): string {
  const canonical = Buffer.from(text.replaceAll('\n', '\r\n'));
  const signature = armor('PGP SIGNATURE', key.sign(signatureType.text, canonical));
  return `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n${text}\n${signature}`;
}
