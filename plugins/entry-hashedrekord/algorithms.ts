import type { HashAlgorithm } from '@countersign/plugin-api';

/** Hex digits of each digest. */
export const digestDigits: Readonly<Record<HashAlgorithm, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/** What each key algorithm signs unless told, where it is not SHA-256. Ed25519 is Ed25519ph (RFC 8032 §5.1). */
const hashes: ReadonlyMap<string, HashAlgorithm> = new Map([
  ['ecdsa-p384', 'sha384'],
  ['ecdsa-p521', 'sha512'],
  ['ed25519', 'sha512'],
]);

/** The hash that clients sign with such a key. */
export function defaultHash(keyAlgorithm: string): HashAlgorithm {
  return hashes.get(keyAlgorithm) ?? 'sha256';
}
