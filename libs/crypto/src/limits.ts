/** Every limit of this package, in one place. */
export const limits = {
  /** RSA moduli, in bits, inclusive: below is breakable, above is a way to keep us busy. */
  rsaBits: { min: 2048, max: 8192 },
  /** The largest RSA public exponent: what Go, and so every Sigstore client, takes. */
  rsaExponent: 2n ** 31n - 1n,
  /** A PEM, DER or JWK key, in bytes. */
  keyBytes: 65_536,
  /** A DER certificate, in bytes. */
  certificateBytes: 65_536,
  /** Certificates in a chain, leaf and root included. */
  chainLength: 10,
  /** Certificates that a chain is chosen from: each may cost as many verifications. */
  chainCandidates: 100,
} as const;
