import { ByteReader } from './byte-reader.ts';
import { limits } from './limits.ts';
import { Problem } from './problem.ts';
import { readSubpackets, type Subpacket } from './subpackets.ts';

/** Signature types (RFC 9580 §5.2.1). */
export const types = {
  binary: 0x00,
  text: 0x01,
  firstCertification: 0x10,
  lastCertification: 0x13,
  subkeyBinding: 0x18,
  primaryBinding: 0x19,
  keyRevocation: 0x20,
  subkeyRevocation: 0x28,
  certificationRevocation: 0x30,
} as const;

/** What the hashed subpackets say, and who the signature names as its maker. Times are seconds. */
export interface Claims {
  created: number;
  lifetime?: number;
  keyLifetime?: number;
  primary?: boolean;
  /** Key flags (RFC 9580 §5.2.3.29). */
  flags?: number;
  revocationReason?: number;
  criticalNotation?: string;
  /** Hex, 16 digits. */
  issuer?: string;
  /** Hex. */
  issuerFingerprint?: string;
  embedded?: SignaturePacket;
}

/** A version 4 signature packet (RFC 9580 §5.2.3). */
export interface SignaturePacket {
  readonly body: Uint8Array;
  readonly type: number;
  readonly algorithm: number;
  /** As node:crypto names it. */
  readonly hash: string;
  /** What is hashed after the signed data. */
  readonly suffix: Uint8Array;
  readonly claims: Readonly<Claims>;
  /** The numbers the signature consists of. */
  readonly values: readonly Uint8Array[];
}

/** By id (RFC 9580 §9.5): as upstream, SHA-1 and no MD5. */
const hashes: ReadonlyMap<number, string> = new Map([
  [2, 'sha1'],
  [8, 'sha256'],
  [9, 'sha384'],
  [10, 'sha512'],
  [11, 'sha224'],
  [12, 'sha3-256'],
  [14, 'sha3-512'],
]);

/** By public-key algorithm (RFC 9580 §9.1): how the numbers are written. */
const valuesOf: ReadonlyMap<number, (reader: ByteReader) => Uint8Array[]> = new Map([
  [1, (reader) => [reader.mpi()]],
  [3, (reader) => [reader.mpi()]],
  [17, (reader) => [reader.mpi(), reader.mpi()]],
  [19, (reader) => [reader.mpi(), reader.mpi()]],
  [22, (reader) => [reader.mpi(), reader.mpi()]],
  [27, (reader) => [reader.take(64)]],
  [28, (reader) => [reader.take(114)]],
]);

/** Reads the body of a signature packet. Versions but 4 and unknown algorithms are `unsupported`. */
export function readSignature(body: Uint8Array, depth = 0): SignaturePacket {
  if (depth > limits.nesting) throw new Problem('too large', `signatures within signatures over ${limits.nesting}`);
  const reader = new ByteReader(body);
  const version = reader.number(1);
  if (version !== 4) throw new Problem('unsupported', `signature packet version ${version}`);
  const [type, algorithm, hashId] = [reader.number(1), reader.number(1), reader.number(1)];
  const readValues = valuesOf.get(algorithm);
  if (readValues === undefined) throw new Problem('unsupported', `public key algorithm ${algorithm}`);
  const hash = hashes.get(hashId);
  if (hash === undefined) throw new Problem('unsupported', `hash function ${hashId}`);

  const hashed = reader.take(reader.number(2));
  const prefix = body.subarray(0, reader.at);
  const claims: Partial<Claims> = {};
  for (const subpacket of readSubpackets(hashed)) readClaim(claims, subpacket, depth);
  if (!hasTime(claims)) throw new Problem('structural', 'no creation time in signature');
  for (const subpacket of readSubpackets(reader.take(reader.number(2)))) {
    // Of what nobody signed only these may be looked at: they help to find what to verify with.
    if ([16, 32, 33].includes(subpacket.type)) readClaim(claims, subpacket, depth);
  }
  // Two bytes of the digest, for a quick look. They prove nothing.
  reader.take(2);
  const values = readValues(reader);
  reader.end('signature packet');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(prefix.length);
  return { body, type, algorithm, hash, suffix: Buffer.concat([prefix, Buffer.of(4, 0xff), length]), claims, values };
}

function hasTime(claims: Partial<Claims>): claims is Claims {
  return claims.created !== undefined;
}

/** RFC 9580 §5.2.3.11 to §5.2.3.36. */
function readClaim(claims: Partial<Claims>, { type, critical, body }: Subpacket, depth: number): void {
  const sized = (length: number) => {
    if (body.length !== length) throw new Problem('structural', `signature subpacket ${type} with bad length`);
    return new ByteReader(body).number(Math.min(length, 4));
  };
  const first = body[0];
  if (type === 2) claims.created = sized(4);
  else if (type === 3) claims.lifetime = sized(4);
  else if (type === 4) {
    if (!first) throw new Problem('unsupported', 'signature with non-exportable certification');
  } else if (type === 5) sized(2);
  else if (type === 9) claims.keyLifetime = sized(4);
  else if (type === 16) {
    sized(8);
    claims.issuer = hex(body);
  } else if (type === 20) {
    const name = notationName(body);
    if (critical) claims.criticalNotation ??= name;
  } else if (type === 25) claims.primary = sized(1) > 0;
  else if (type === 27) claims.flags = first ?? 0;
  else if (type === 29) {
    if (first === undefined) throw new Problem('structural', 'empty revocation reason subpacket');
    claims.revocationReason = first;
  } else if (type === 32) {
    if (claims.embedded) throw new Problem('structural', 'Cannot have multiple embedded signatures');
    claims.embedded = readSignature(body, depth + 1);
    if (claims.embedded.type !== types.primaryBinding) {
      throw new Problem('structural', 'cross-signature has unexpected type');
    }
  } else if (type === 33) {
    sized((first ?? 0) >= 5 ? 33 : 21);
    claims.issuerFingerprint = hex(body.subarray(1));
    claims.issuer = (first ?? 0) >= 5 ? claims.issuerFingerprint.slice(0, 16) : claims.issuerFingerprint.slice(-16);
  } else if (critical && !meaningless.has(type)) {
    throw new Problem('unsupported', `unknown critical signature subpacket type ${type}`);
  }
}

/** Known, and of no consequence here: preferences, a policy's address, a signer's user id, a regular expression. */
const meaningless: ReadonlySet<number> = new Set([6, 11, 21, 22, 23, 24, 26, 28, 30, 35, 39]);

function notationName(body: Uint8Array): string {
  if (body.length < 8) throw new Problem('structural', 'notation data subpacket with bad length');
  const reader = new ByteReader(body);
  reader.take(4);
  const [nameLength, valueLength] = [reader.number(2), reader.number(2)];
  if (reader.rest !== nameLength + valueLength) {
    throw new Problem('structural', 'notation data subpacket with bad length');
  }
  return Buffer.from(reader.take(nameLength)).toString('utf8');
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
