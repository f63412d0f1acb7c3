import { createHash } from 'node:crypto';
import { ByteReader } from './byte-reader.ts';
import { Problem } from './problem.ts';
import { bitString, integer, nothing, objectId, sequence } from './spki.ts';

/** A version 4 public key packet (RFC 9580 §5.5.2). */
export interface KeyPacket {
  readonly body: Uint8Array;
  readonly isSubkey: boolean;
  readonly algorithm: number;
  /** Seconds. */
  readonly created: number;
  /** Hex, 40 digits, of which the last 16 are the key id. */
  readonly fingerprint: string;
  readonly keyId: string;
  /** DER SubjectPublicKeyInfo of a key that signs; `undefined` of one that does not. */
  readonly spki?: Uint8Array;
}

/** Reads what follows the algorithm's number. */
type Material = (reader: ByteReader) => Uint8Array | undefined;

const rsa: Material = (reader) => {
  const [n, e] = [reader.mpi(), reader.mpi()];
  if (e.length > 3) throw new Problem('unsupported', 'large public exponent');
  return sequence(sequence(objectId('2a864886f70d010101'), nothing()), bitString(sequence(integer(n), integer(e))));
};

const dsa: Material = (reader) => {
  const [p, q, g, y] = [reader.mpi(), reader.mpi(), reader.mpi(), reader.mpi()];
  const parameters = sequence(integer(p), integer(q), integer(g));
  return sequence(sequence(objectId('2a8648ce380401'), parameters), bitString(integer(y)));
};

/** Object identifiers of the curves that sign: NIST P-256, P-384, P-521, secp256k1, brainpool 256, 384, 512. */
const curves: ReadonlySet<string> = new Set([
  '2a8648ce3d030107',
  '2b81040022',
  '2b81040023',
  '2b8104000a',
  '2b2403030208010107',
  '2b240303020801010b',
  '2b240303020801010d',
]);

const ecdsa: Material = (reader) => {
  const curve = Buffer.from(reader.short()).toString('hex');
  const point = reader.mpi();
  if (!curves.has(curve)) throw new Problem('unsupported', `unknown oid: ${curve}`);
  return sequence(sequence(objectId('2a8648ce3d0201'), objectId(curve)), bitString(point));
};

/** EdDSALegacy: a point of Ed25519 after the byte 0x40. */
const eddsa: Material = (reader) => {
  const curve = Buffer.from(reader.short()).toString('hex');
  const point = reader.mpi();
  if (curve === '2b6571') throw new Problem('foreign', 'Ed448 as EdDSALegacy is not supported');
  if (curve !== '2b06010401da470f01') throw new Problem('unsupported', `unknown oid: ${curve}`);
  if (point.length !== 33 || point[0] !== 0x40) throw new Problem('unsupported', 'unsupported EdDSA compression');
  return edwards('2b6570', point.subarray(1));
};

function edwards(oid: string, point: Uint8Array): Uint8Array {
  return sequence(sequence(objectId(oid)), bitString(point));
}

/** Keys that only encrypt are read over: their bytes are stored, nothing is done with them. */
const encrypting =
  (skip: (reader: ByteReader) => unknown): Material =>
  (reader) => {
    skip(reader);
    return undefined;
  };

/** ECDH: what upstream does not know it passes over, and with it the subkey. */
function skipEcdh(reader: ByteReader): void {
  const curve = Buffer.from(reader.short()).toString('hex');
  reader.mpi();
  const [reserved, hash = 0, cipher = 0] = reader.short();
  const known = curves.has(curve) || curve === '2b060104019755010501' || curve === '2b656f';
  if (!known || reserved !== 1 || ![8, 9, 10, 11, 12, 14].includes(hash) || ![2, 3, 7, 8, 9].includes(cipher)) {
    throw new Problem('unsupported', 'unsupported ECDH parameters');
  }
}

/** By algorithm (RFC 9580 §9.1). */
const materials: ReadonlyMap<number, Material> = new Map<number, Material>([
  [1, rsa],
  [2, encrypting((reader) => [reader.mpi(), reader.mpi()])],
  [3, rsa],
  [16, encrypting((reader) => [reader.mpi(), reader.mpi(), reader.mpi()])],
  [17, dsa],
  [18, encrypting(skipEcdh)],
  [19, ecdsa],
  [22, eddsa],
  [25, encrypting((reader) => reader.take(32))],
  [26, encrypting((reader) => reader.take(56))],
  [27, (reader) => edwards('2b6570', reader.take(32))],
  [28, (reader) => edwards('2b6571', reader.take(57))],
]);

/** Reads the body of a public key packet. Versions but 4 and unknown algorithms are `unsupported`. */
export function readKey(body: Uint8Array, isSubkey: boolean): KeyPacket {
  const reader = new ByteReader(body);
  const version = reader.number(1);
  // Upstream takes version 6. To pass over one might give its user ids to the key before it.
  if (version === 6) throw new Problem('foreign', 'OpenPGP keys of version 6 are not supported');
  if (version !== 4) throw new Problem('unsupported', `public key version ${version}`);
  const created = reader.number(4);
  const algorithm = reader.number(1);
  const material = materials.get(algorithm);
  if (material === undefined) throw new Problem('unsupported', `public key type: ${algorithm}`);
  const spki = material(reader);
  reader.end('public key packet');
  const fingerprint = createHash('sha1').update(hashedKey(body)).digest('hex');
  const facts = { body, isSubkey, algorithm, created, fingerprint, keyId: fingerprint.slice(-16) };
  return spki === undefined ? facts : { ...facts, spki };
}

/** A key as signatures over it and its fingerprint hash it (RFC 9580 §5.5.4.2). */
export function hashedKey(body: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.of(0x99, body.length >> 8, body.length & 0xff), body]);
}
