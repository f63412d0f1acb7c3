import * as crypto from 'node:crypto';
import { CountersignError } from '@countersign/errors';
import { type HashAlgorithm, hashLength } from './algorithm.ts';
import { PublicKey, type VerifyKey } from './public-key.ts';

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
  if ('message' in signed) return verifyMessage(publicKey, scheme, signed.message, signed.hash ?? 'sha256', signature);
  if (scheme === 'ed25519' && signed.hash !== 'sha512') {
    throw new CountersignError('ERR_UNSUPPORTED', `Ed25519 signs a SHA-512 digest (Ed25519ph), not ${signed.hash}`);
  }
  if (signed.digest.length !== hashLength[signed.hash]) return false;
  return publicKey.verifyDigest(scheme === 'ed25519' ? 'ecdsa' : scheme, signed.hash, signed.digest, signature);
}

type MessageScheme = 'ecdsa' | 'pkcs1' | 'pss' | 'ed25519';

function chooseScheme(algorithm: string, options: VerifyOptions): MessageScheme {
  if (algorithm.startsWith('rsa-')) return options.scheme ?? 'pkcs1';
  if (options.scheme !== undefined) {
    throw new CountersignError('ERR_UNSUPPORTED', `RSA padding ${options.scheme} for a key of type ${algorithm}`);
  }
  return algorithm === 'ed25519' ? 'ed25519' : 'ecdsa';
}

function verifyMessage(
  key: PublicKey,
  scheme: MessageScheme,
  message: Uint8Array,
  hash: HashAlgorithm,
  signature: Uint8Array,
): boolean {
  switch (scheme) {
    case 'ed25519':
      return crypto.verify(null, message, key.keyObject, signature);
    case 'ecdsa':
      return crypto.verify(hash, message, { key: key.keyObject, dsaEncoding: 'der' }, signature);
    case 'pkcs1':
      return crypto.verify(hash, message, key.keyObject, signature);
    case 'pss':
      return crypto.verify(
        hash,
        message,
        {
          key: key.keyObject,
          padding: crypto.constants.RSA_PKCS1_PSS_PADDING,
          saltLength: crypto.constants.RSA_PSS_SALTLEN_AUTO,
        },
        signature,
      );
  }
}
