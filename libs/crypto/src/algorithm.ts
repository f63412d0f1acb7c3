/** The hash functions a signature may cover. */
export type HashAlgorithm = 'sha256' | 'sha384' | 'sha512';

/** Octets of a hash. */
export const hashLength = { sha256: 32, sha384: 48, sha512: 64 } as const satisfies Record<HashAlgorithm, number>;

/** How a digest is signed: ECDSA, RSA with one padding or the other, Ed25519ph. */
export type Scheme = 'ecdsa' | 'pkcs1' | 'pss' | 'ed25519ph';

/** The name of an elliptic curve key's algorithm. */
export type EcAlgorithm = 'ecdsa-p256' | 'ecdsa-p384' | 'ecdsa-p521';

/** The name of a key's algorithm, as allow-lists and messages spell it. */
export type KeyAlgorithm = EcAlgorithm | 'ed25519' | `rsa-${number}`;

/** One elliptic curve: what RFC 5480 calls it, what OpenSSL calls it, and how long its coordinates are. */
export interface Curve {
  readonly algorithm: EcAlgorithm;
  readonly oid: string;
  readonly openssl: 'P-256' | 'P-384' | 'P-521';
  /** Octets of one coordinate. */
  readonly size: number;
}

/** The curves there are (RFC 5480 §2.1.1.1). */
export const curves: readonly Curve[] = [
  { algorithm: 'ecdsa-p256', oid: '1.2.840.10045.3.1.7', openssl: 'P-256', size: 32 },
  { algorithm: 'ecdsa-p384', oid: '1.3.132.0.34', openssl: 'P-384', size: 48 },
  { algorithm: 'ecdsa-p521', oid: '1.3.132.0.35', openssl: 'P-521', size: 66 },
];
