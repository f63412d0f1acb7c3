/** Fields of the main header that are looked at (rpm's `rpmtag.h`). */
export const tags = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  architecture: 1022,
  payloadDigest: 5092,
  payloadDigestAlgorithm: 5093,
} as const;

/** Fields of the signature header that are looked at. */
export const signatureTags = {
  /** A signature over the main header, by DSA, ECDSA or EdDSA. */
  headerDsa: 267,
  /** A signature over the main header, by RSA. */
  headerRsa: 268,
  headerSha1: 269,
  headerSha256: 273,
  /** A signature over the main header and the payload, by RSA. */
  packageRsa: 1002,
  packageMd5: 1004,
  /** A signature over the main header and the payload, by anything else. */
  packageDsa: 1005,
} as const;

/** HEADERIMAGE, HEADERSIGNATURES and HEADERIMMUTABLE: as the first field, the one that frames all others. */
export const regionTags: ReadonlySet<number> = new Set([61, 62, 63]);
