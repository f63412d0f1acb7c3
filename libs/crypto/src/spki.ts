import { type DerValue, derTag, readDer } from '@countersign/encoding';
import { CountersignError, malformed } from '@countersign/errors';
import { type Curve, curves } from './algorithm.ts';
import { limits } from './limits.ts';

/** What a SubjectPublicKeyInfo holds. */
export type KeyMaterial =
  | { readonly type: 'ec'; readonly curve: Curve /** Uncompressed, SEC 1 §2.3.3. */; readonly point: Uint8Array }
  | { readonly type: 'ed25519'; readonly point: Uint8Array }
  | {
      readonly type: 'rsa';
      readonly bits: number;
      /** Big-endian, no leading zero. */
      readonly modulus: Uint8Array;
      /** Big-endian, no leading zero. */
      readonly exponent: Uint8Array;
    };

/** Algorithm identifiers (RFC 3279 §2.3.1, RFC 5480 §2.1.1, RFC 8410 §3). */
export const oid = { ec: '1.2.840.10045.2.1', ed25519: '1.3.101.112', rsa: '1.2.840.113549.1.1.1' } as const;

/**
 * Takes a DER SubjectPublicKeyInfo (RFC 5280 §4.1.2.7) apart; each key has exactly one spelling
 * that passes. Whether a point lies on its curve is for whoever computes with it to find out.
 *
 * @throws `ERR_MALFORMED`
 * @throws `ERR_UNSUPPORTED` on a key of another type, curve or size
 */
export function readSpki(spki: Uint8Array): KeyMaterial {
  const [algorithm, key, ...rest] = readDer(spki).children(derTag.sequence);
  if (!algorithm || !key || rest.length > 0) throw malformed('public key');
  const [type, parameters, ...others] = algorithm.children(derTag.sequence);
  if (!type || others.length > 0) throw malformed('public key');
  const bytes = key.bitStringBytes();
  switch (type.oid()) {
    case oid.ec:
      return readEc(parameters, bytes);
    case oid.ed25519:
      if (parameters || bytes.length !== 32) throw malformed('Ed25519 key');
      return { type: 'ed25519', point: bytes };
    case oid.rsa:
      if (!parameters) throw malformed('RSA key', 'no NULL parameters');
      parameters.null();
      return readRsa(bytes);
    default:
      throw unsupported(`a key of type ${type.oid()}`);
  }
}

function readEc(parameters: DerValue | undefined, point: Uint8Array): KeyMaterial {
  if (!parameters) throw malformed('EC key', 'no curve');
  if (parameters.tag !== derTag.oid) throw unsupported('an EC key without a named curve');
  const name = parameters.oid();
  const curve = curves.find((curve) => curve.oid === name);
  if (!curve) throw unsupported(`an EC key on curve ${name}`);
  const [form] = point;
  if ((form === 2 || form === 3) && point.length === 1 + curve.size) throw unsupported('a compressed EC point');
  if (form !== 4 || point.length !== 1 + 2 * curve.size) throw malformed('EC key');
  return { type: 'ec', curve, point };
}

function readRsa(bytes: Uint8Array): KeyMaterial {
  const [modulusValue, exponentValue, ...rest] = readDer(bytes).children(derTag.sequence);
  if (!modulusValue || !exponentValue || rest.length > 0) throw malformed('RSA key');
  const modulus = readPositive(modulusValue);
  const exponent = readPositive(exponentValue);
  const bits = modulus.length * 8 - Math.clz32(modulus[0] ?? 0) + 24;
  if (bits < limits.rsaBits.min || bits > limits.rsaBits.max) {
    throw unsupported(`an RSA key of ${bits} bits, outside ${limits.rsaBits.min} to ${limits.rsaBits.max},`);
  }
  if (((modulus.at(-1) ?? 0) & 1) === 0) throw malformed('RSA key', 'even modulus');
  const e = exponentValue.integer();
  if (e < 3n || e > limits.rsaExponent || e % 2n === 0n) throw unsupported('this RSA exponent');
  return { type: 'rsa', bits, modulus, exponent };
}

function readPositive(value: DerValue): Uint8Array {
  const bytes = value.integerBytes();
  const [first = 0] = bytes;
  if (first >= 0x80 || (first === 0 && bytes.length === 1)) throw malformed('RSA key', 'not a positive number');
  return first === 0 ? bytes.subarray(1) : bytes;
}

/** The refusal of a key that is understood and not taken. */
export function unsupported(what: string): CountersignError {
  return new CountersignError('ERR_UNSUPPORTED', `unsupported key: ${what} is not taken`);
}
