import { constants, createPublicKey, type KeyObject, publicDecrypt } from 'node:crypto';
import { equalBytes } from '@countersign/encoding';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import type { EcAlgorithm } from './algorithm.ts';
import type { Backend, DigestKeyMaterial, VerifyDigest } from './backend.ts';
import { encodePkcs1 } from './emsa-pkcs1.ts';
import { verifyPss } from './emsa-pss.ts';

const nobleCurves = { 'ecdsa-p256': p256, 'ecdsa-p384': p384, 'ecdsa-p521': p521 } as const satisfies Record<
  EcAlgorithm,
  unknown
>;

/** JavaScript and what node:crypto has: no compiler needed. */
export const pureBackend: Backend = {
  name: 'pure',
  load: (key) => (key.type === 'ec' ? loadEc(key) : loadRsa(key)),
};

function loadEc({ curve, point }: DigestKeyMaterial & { type: 'ec' }): VerifyDigest | undefined {
  const noble = nobleCurves[curve.algorithm];
  try {
    noble.Point.fromBytes(point);
  } catch {
    return undefined;
  }
  return (scheme, _hash, digest, signature) => {
    if (scheme !== 'ecdsa') return false;
    try {
      return noble.verify(signature, digest, point, { prehash: false, lowS: false, format: 'der' });
    } catch {
      return false;
    }
  };
}

function loadRsa({ modulus, exponent, bits }: DigestKeyMaterial & { type: 'rsa' }): VerifyDigest {
  let key: KeyObject | undefined;
  return (scheme, hash, digest, signature) => {
    if (scheme === 'ecdsa' || signature.length !== modulus.length) return false;
    key ??= createPublicKey({
      format: 'jwk',
      key: { kty: 'RSA', n: toBase64Url(modulus), e: toBase64Url(exponent) },
    });
    let encoded: Uint8Array;
    try {
      encoded = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature);
    } catch {
      return false; // The signature is not below the modulus.
    }
    return scheme === 'pkcs1'
      ? equalBytes(encoded, encodePkcs1(hash, digest, modulus.length))
      : verifyPss(hash, digest, encoded, bits - 1);
  };
}

function toBase64Url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
