import { concat, fromHex } from '@countersign/encoding';
import type { HashAlgorithm } from './algorithm.ts';

/** DigestInfo up to the digest (RFC 8017 §9.2, note 1). */
const digestInfo = {
  sha256: fromHex('3031300d060960864801650304020105000420'),
  sha384: fromHex('3041300d060960864801650304020205000430'),
  sha512: fromHex('3051300d060960864801650304020305000440'),
} as const satisfies Record<HashAlgorithm, Uint8Array>;

/**
 * EMSA-PKCS1-v1_5 (RFC 8017 §9.2): the one encoded message of `length` octets. A verifier makes
 * it and compares; taking a received one apart is where forgeries come from.
 */
export function encodePkcs1(hash: HashAlgorithm, digest: Uint8Array, length: number): Uint8Array {
  const info = digestInfo[hash];
  const padding = new Uint8Array(length - 3 - info.length - digest.length).fill(0xff);
  return concat(Uint8Array.of(0, 1), padding, Uint8Array.of(0), info, digest);
}
