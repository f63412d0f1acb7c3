import { createHash, hash } from 'node:crypto';
import { leafHash } from '@countersign/merkle';
import type { CanonicalEntry } from '@countersign/plugin-host';

/** Signers whose keys the entries carry in turn: a log of ten million has a thousand entries of each. */
const signers = 10_000;

/** What stands before the 64 bytes of a P-256 key's point in its SubjectPublicKeyInfo. */
const spkiHead = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex');

interface SignerKey {
  /** Base64 of the PEM text, as an entry carries it. */
  readonly content: string;
  /** Hex SHA-256 of the PEM text, which the entry is found by. */
  readonly digest: string;
}

const keys = new Map<number, SignerKey>();

const bytesOf = (text: string): Buffer => createHash('sha512').update(text).digest();

function keyOf(n: number): SignerKey {
  const signer = n % signers;
  const known = keys.get(signer);
  if (known !== undefined) return known;
  const spki = Buffer.concat([spkiHead, bytesOf(`key ${signer}`)]).toString('base64');
  const pem = `-----BEGIN PUBLIC KEY-----\n${spki.slice(0, 64)}\n${spki.slice(64)}\n-----END PUBLIC KEY-----\n`;
  const key = { content: Buffer.from(pem).toString('base64'), digest: hash('sha256', pem) };
  keys.set(signer, key);
  return key;
}

/** The digest of the artifact that entry `n` is about, hex. */
const artifactOf = (n: number): string => hash('sha256', `artifact ${n}`);

/** Two integers of 32 bytes, as DER has an ECDSA signature. */
function signatureOf(n: number): string {
  const numbers = bytesOf(`signature ${n}`);
  const integer = (number: Buffer): Buffer[] => [Buffer.from([0x02, 0x20]), number];
  const both = [...integer(numbers.subarray(0, 32)), ...integer(numbers.subarray(32))];
  return Buffer.concat([Buffer.from([0x30, 0x44]), ...both]).toString('base64');
}

/**
 * Entry `n` as admission passes on the upload of a P-256 key, byte for byte the same shape, with the two keys it is found
 * by. The signature is none: nobody looks at it behind admission. Always the same for the same `n`.
 */
export function growEntry(n: number): CanonicalEntry {
  const key = keyOf(n);
  const digest = artifactOf(n);
  const body = Buffer.from(
    `{"apiVersion":"0.0.1","kind":"hashedrekord","spec":{"data":{"hash":{"algorithm":"sha256","value":"${digest}"}},` +
      `"signature":{"content":"${signatureOf(n)}","publicKey":{"content":"${key.content}"}}}}`,
  );
  return {
    kind: 'hashedrekord',
    apiVersion: '0.0.1',
    body,
    indexKeys: [key.digest, `sha256:${digest}`],
  };
}

/** The keys that entry `n` is found by. */
export function keysOf(n: number): { readonly key: string; readonly digest: string } {
  return { key: keyOf(n).digest, digest: `sha256:${artifactOf(n)}` };
}

/** The UUID of entry `n`: its leaf's hash, hex. */
export function uuidOf(n: number): string {
  return Buffer.from(leafHash(growEntry(n).body)).toString('hex');
}
