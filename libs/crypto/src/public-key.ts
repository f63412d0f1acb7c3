import { createPublicKey, type KeyObject } from 'node:crypto';
import { malformed } from '@countersign/errors';
import type { HashAlgorithm, KeyAlgorithm, Scheme } from './algorithm.ts';
import type { Backend, VerifyDigest } from './backend.ts';
import { readEd25519Point, verifyEd25519ph } from './ed25519ph.ts';
import { hash } from './hash.ts';
import { nativeBackend } from './native-backend.ts';
import { pureBackend } from './pure-backend.ts';
import { type KeyMaterial, readSpki } from './spki.ts';

/** A public key's SubjectPublicKeyInfo and algorithm: what crosses to plugins and back. */
export interface VerifyKey {
  /** DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7). */
  readonly spki: Uint8Array;
  /** `ecdsa-p256`, `ecdsa-p384`, `ecdsa-p521`, `rsa-<bits>`, `ed25519`. */
  readonly algorithm: string;
}

/** What verifies ECDSA and RSA over a digest in this process: the addon, or JavaScript where there is none. */
export const backend: Backend = nativeBackend ?? pureBackend;

/** Which of the two digest verifiers runs. */
export const verifierName: 'native' | 'pure' = backend.name;

/** A public key, parsed and checked, ready to verify. Made by {@link parseSpki} and {@link PublicKey.from}. */
export class PublicKey implements VerifyKey {
  readonly spki: Uint8Array;
  readonly algorithm: KeyAlgorithm;
  readonly #verifyDigest: VerifyDigest<Scheme>;
  #keyObject: KeyObject | undefined;
  #id: Uint8Array | undefined;

  private constructor(spki: Uint8Array) {
    // A copy: the caller's memory may change, this key must not.
    this.spki = Uint8Array.from(spki);
    const material = readSpki(this.spki);
    this.algorithm = nameOf(material);
    this.#verifyDigest = load(material);
  }

  /** This key when it is one of ours; a key that came as plain data is parsed again. Throws as {@link parseSpki}. */
  static from(key: Pick<VerifyKey, 'spki'>): PublicKey {
    return #verifyDigest in key ? (key as PublicKey) : new PublicKey(key.spki);
  }

  /** Node's form of the key. */
  get keyObject(): KeyObject {
    this.#keyObject ??= createPublicKey({ key: Buffer.from(this.spki), format: 'der', type: 'spki' });
    return this.#keyObject;
  }

  /** SHA-256 of {@link spki}: 32 bytes, the log ID and key hint of Rekor. */
  get id(): Uint8Array {
    this.#id ??= hash('sha256', this.spki);
    return this.#id;
  }

  /** Verifies over a digest of the hash's length; any failure is `false`. */
  verifyDigest(scheme: Scheme, hash: HashAlgorithm, digest: Uint8Array, signature: Uint8Array): boolean {
    return this.#verifyDigest(scheme, hash, digest, signature);
  }
}

/**
 * A key from DER SubjectPublicKeyInfo.
 *
 * ECDSA on P-256, P-384 and P-521 with a named curve and an uncompressed point; RSA of 2048 to 8192
 * bits with an odd exponent from 3 to 2³¹-1; Ed25519. Each has one DER spelling, any other is malformed.
 *
 * @throws `ERR_MALFORMED` also on a point that is not on its curve, or of small order
 * @throws `ERR_UNSUPPORTED` on any other type, curve or size
 */
export function parseSpki(der: Uint8Array): PublicKey {
  return PublicKey.from({ spki: der });
}

function nameOf(material: KeyMaterial): KeyAlgorithm {
  switch (material.type) {
    case 'ec':
      return material.curve.algorithm;
    case 'rsa':
      return `rsa-${material.bits}`;
    case 'ed25519':
      return 'ed25519';
  }
}

function load(material: KeyMaterial): VerifyDigest<Scheme> {
  if (material.type === 'ed25519') {
    const point = readEd25519Point(material.point);
    return (scheme, _hash, digest, signature) =>
      scheme === 'ed25519ph' && verifyEd25519ph(point, material.point, digest, signature);
  }
  const verifyDigest = backend.load(material);
  if (!verifyDigest) throw malformed('EC key', 'not a point of the curve');
  return (scheme, ...rest) => scheme !== 'ed25519ph' && verifyDigest(scheme, ...rest);
}
