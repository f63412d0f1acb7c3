import { concat, equalBytes, utf8Encode } from '@countersign/encoding';
import { malformed } from '@countersign/errors';
import { ed25519 } from '@noble/curves/ed25519.js';
import { hash } from './hash.ts';

const { Point } = ed25519;
type EdwardsPoint = ReturnType<typeof Point.fromBytes>;

/** dom2(1, "") of RFC 8032 §2: Ed25519ph with no context. */
const domain = concat(utf8Encode('SigEd25519 no Ed25519 collisions'), Uint8Array.of(1, 0));

/**
 * Decodes an Ed25519 public key (RFC 8032 §5.1.3).
 *
 * @throws `ERR_MALFORMED` on a y coordinate that is not reduced, a point off the curve, or one of
 * small order, under which one signature fits many messages
 */
export function readEd25519Point(bytes: Uint8Array): EdwardsPoint {
  let point: EdwardsPoint;
  try {
    point = Point.fromBytes(bytes, false);
  } catch (error) {
    throw malformed('Ed25519 key', 'not a point of the curve', error);
  }
  if (point.isSmallOrder()) throw malformed('Ed25519 key', 'a point of small order');
  return point;
}

/**
 * Verifies Ed25519ph over a SHA-512 digest (RFC 8032 §5.1.7, empty context). S has to be below L;
 * the equation is the one without cofactor and R is compared as bytes, as OpenSSL and Go do it.
 *
 * @param publicKey the octets `point` was decoded from
 */
export function verifyEd25519ph(
  point: EdwardsPoint,
  publicKey: Uint8Array,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== 64) return false;
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  if (s >= Point.Fn.ORDER) return false;
  const k = littleEndian(hash('sha512', concat(domain, r, publicKey, digest))) % Point.Fn.ORDER;
  const expected = Point.BASE.multiplyUnsafe(s).subtract(point.multiplyUnsafe(k));
  return equalBytes(expected.toBytes(), r);
}

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}
