import type { HashAlgorithm } from '@countersign/plugin-api';

/** Hex digits of each digest. */
export const digestDigits: Readonly<Record<HashAlgorithm, number>> = { sha256: 64, sha384: 96, sha512: 128 };

/**
 * The hash each key algorithm must sign with: the one list of what a hashedrekord accepts.
 * RSA is PKCS#1 v1.5 and Ed25519 is Ed25519ph (RFC 8032 §5.1), which signs a digest.
 */
const hashes: ReadonlyMap<string, HashAlgorithm> = new Map([
  ['ecdsa-p256', 'sha256'],
  ['ecdsa-p384', 'sha384'],
  ['ecdsa-p521', 'sha512'],
  ['ed25519', 'sha512'],
  ['rsa-2048', 'sha256'],
  ['rsa-3072', 'sha256'],
  ['rsa-4096', 'sha256'],
]);

/** The hash a key signs with, or `undefined` when such keys are not accepted at all. */
export function hashOf(keyAlgorithm: string): HashAlgorithm | undefined {
  return hashes.get(keyAlgorithm);
}
