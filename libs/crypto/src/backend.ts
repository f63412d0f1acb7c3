import type { HashAlgorithm, Scheme } from './algorithm.ts';
import type { KeyMaterial } from './spki.ts';

/** What a backend does; Ed25519ph is done in one place for both. */
export type BackendScheme = Exclude<Scheme, 'ed25519ph'>;

/** An ECDSA or RSA key. */
export type DigestKeyMaterial = Exclude<KeyMaterial, { type: 'ed25519' }>;

/**
 * Verifies a signature over a digest with one key. The digest has the hash's length.
 * Whatever is wrong with the signature is `false`; it never throws.
 */
export type VerifyDigest<S extends Scheme = BackendScheme> = (
  scheme: S,
  hash: HashAlgorithm,
  digest: Uint8Array,
  signature: Uint8Array,
) => boolean;

/**
 * Verification of ECDSA and RSA signatures over a bare digest. There are two, which agree on
 * every input: OpenSSL through the addon, and JavaScript. Both are strict:
 *
 * - ECDSA: DER in its one canonical form, r and s in 1..n-1 (high s is taken: X9.62 knows no
 *   other rule), the digest's leftmost bits when it is longer than the order (FIPS 186-5 §6.4.2);
 * - RSA: a signature of exactly the modulus's length, below the modulus;
 * - PKCS#1 v1.5 (RFC 8017 §8.2.2): the encoded message compared whole, DigestInfo with NULL parameters;
 * - PSS (RFC 8017 §8.1.2): MGF1 with the same hash, a salt of any length, as Go takes it.
 */
export interface Backend {
  readonly name: 'native' | 'pure';
  /** Makes a key ready. `undefined` for a point that is not on its curve. */
  load(key: DigestKeyMaterial): VerifyDigest | undefined;
}
