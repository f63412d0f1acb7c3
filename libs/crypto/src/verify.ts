import * as crypto from 'node:crypto';
import { CountersignError } from '@countersign/errors';
import { type HashAlgorithm, hashLength, type KeyAlgorithm, type Scheme } from './algorithm.ts';
import { hash } from './hash.ts';
import { PublicKey, type VerifyKey, verifierName } from './public-key.ts';

/** What was signed: the message, or its digest alone. `hash` for a message defaults to SHA-256; Ed25519 ignores it. */
export type SignedInput =
  | { readonly message: Uint8Array; readonly hash?: HashAlgorithm }
  | { readonly digest: Uint8Array; readonly hash: HashAlgorithm };

/** Choices the key does not make. */
export interface VerifyOptions {
  /** RSA padding: PKCS#1 v1.5 unless said otherwise. PSS takes MGF1 with the same hash and a salt of any length. */
  readonly scheme?: 'pkcs1' | 'pss';
}

/**
 * Verifies one signature: ECDSA (DER), RSA PKCS#1 v1.5 or PSS, Ed25519 over a message, Ed25519ph
 * (RFC 8032 §5.1, no context) over a SHA-512 digest.
 *
 * Whatever is wrong with signature or digest is `false`, a digest of the wrong length too.
 *
 * @throws `ERR_UNSUPPORTED` on a combination that cannot be: PSS with a key that is not RSA, Ed25519ph
 * over another hash; and as {@link parseSpki}, for a key that is plain data
 */
export function verify(
  key: VerifyKey,
  signed: SignedInput,
  signature: Uint8Array,
  options: VerifyOptions = {},
): boolean {
  const publicKey = PublicKey.from(key);
  const scheme = chooseScheme(publicKey.algorithm, options);
  if ('digest' in signed) return verifyDigest(publicKey, scheme, signed.digest, signed.hash, signature);
  const { message, hash: algorithm = 'sha256' } = signed;
  if (scheme === 'ed25519ph') return crypto.verify(null, message, publicKey.keyObject, signature);
  // JavaScript is far slower than node. The addon is as fast, and has the key already: node would parse it first.
  if (scheme === 'ecdsa' && verifierName === 'pure') {
    return crypto.verify(algorithm, message, { key: publicKey.keyObject, dsaEncoding: 'der' }, signature);
  }
  return publicKey.verifyDigest(scheme, algorithm, hash(algorithm, message), signature);
}

function verifyDigest(
  key: PublicKey,
  scheme: Scheme,
  digest: Uint8Array,
  algorithm: HashAlgorithm,
  signature: Uint8Array,
): boolean {
  if (scheme === 'ed25519ph' && algorithm !== 'sha512') {
    throw new CountersignError('ERR_UNSUPPORTED', `Ed25519ph signs a SHA-512 digest, not ${algorithm}`);
  }
  return digest.length === hashLength[algorithm] && key.verifyDigest(scheme, algorithm, digest, signature);
}

/** How a key signs a digest. */
function chooseScheme(algorithm: KeyAlgorithm, options: VerifyOptions): Scheme {
  if (algorithm.startsWith('rsa-')) return options.scheme ?? 'pkcs1';
  if (options.scheme !== undefined) {
    throw new CountersignError('ERR_UNSUPPORTED', `RSA padding ${options.scheme} for a key of type ${algorithm}`);
  }
  return algorithm === 'ed25519' ? 'ed25519ph' : 'ecdsa';
}
