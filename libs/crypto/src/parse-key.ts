import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject, type PrivateKeyInput } from 'node:crypto';
import { decodePem, der, encodePem, isJsonObject, type PemBlock, parseJson } from '@countersign/encoding';
import { CountersignError, malformed } from '@countersign/errors';
import { hash } from './hash.ts';
import { limits } from './limits.ts';
import { type PublicKey, parseSpki, type VerifyKey } from './public-key.ts';
import { publicHalf } from './signer.ts';
import { oid } from './spki.ts';

/**
 * A public key from whatever a person keeps one in: PEM (`PUBLIC KEY`, `RSA PUBLIC KEY`, or the
 * public half of an unencrypted `PRIVATE KEY`, `EC PRIVATE KEY`, `RSA PRIVATE KEY`), DER
 * SubjectPublicKeyInfo, or a JWK (RFC 7517; text or object, public or private).
 *
 * @throws `ERR_MALFORMED`, `ERR_UNSUPPORTED`, `ERR_TOO_LARGE`
 */
export function parsePublicKey(key: string | Uint8Array | JsonWebKey): PublicKey {
  if (typeof key !== 'string' && !(key instanceof Uint8Array)) return fromJwk(key);
  if (key.length > limits.keyBytes) {
    throw new CountersignError('ERR_TOO_LARGE', `a key of ${key.length} bytes is over the limit of ${limits.keyBytes}`);
  }
  const bytes = typeof key === 'string' ? Buffer.from(key) : key;
  const start = bytes.find((byte) => !' \t\r\n'.includes(String.fromCharCode(byte)));
  // DER begins with SEQUENCE, which is the digit 0: no PEM does, and no JSON object.
  if (start === 0x30) return parseSpki(bytes);
  if (start === 0x7b) {
    const jwk = parseJson(bytes);
    if (!isJsonObject(jwk)) throw malformed('JWK');
    return fromJwk(jwk as JsonWebKey);
  }
  // `openssl ecparam -genkey` writes the curve in front of the key.
  const [block, ...more] = decodePem(bytes).filter(({ label }) => label !== 'EC PARAMETERS');
  if (!block || more.length > 0) throw malformed('public key', 'more than one PEM block');
  return fromPem(block);
}

/** A key's PEM (`PUBLIC KEY`, RFC 7468 §13): 64 columns, trailing newline. */
export function publicKeyPem(key: Pick<VerifyKey, 'spki'>): string {
  return encodePem('PUBLIC KEY', key.spki);
}

/** SHA-256 of a key's SubjectPublicKeyInfo: 32 bytes, the log ID of Rekor and the key ID of a certificate log. */
export function keyId(key: Pick<VerifyKey, 'spki'>): Uint8Array {
  return hash('sha256', key.spki);
}

function fromPem({ label, der: bytes }: PemBlock): PublicKey {
  switch (label) {
    case 'PUBLIC KEY':
      return parseSpki(bytes);
    case 'RSA PUBLIC KEY':
      return parseSpki(der.sequence(der.sequence(der.oid(oid.rsa), der.null()), der.bitString(bytes)));
    case 'PRIVATE KEY':
      return fromPrivate({ key: Buffer.from(bytes), format: 'der', type: 'pkcs8' });
    case 'EC PRIVATE KEY':
      return fromPrivate({ key: Buffer.from(bytes), format: 'der', type: 'sec1' });
    case 'RSA PRIVATE KEY':
      return fromPrivate({ key: Buffer.from(bytes), format: 'der', type: 'pkcs1' });
    default:
      throw new CountersignError('ERR_UNSUPPORTED', `unsupported key: PEM block ${label}`);
  }
}

function fromPrivate(input: PrivateKeyInput): PublicKey {
  let key: KeyObject;
  try {
    key = createPrivateKey(input);
  } catch (error) {
    throw malformed('private key', undefined, error);
  }
  return publicHalf(key);
}

function fromJwk(jwk: JsonWebKey): PublicKey {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: jwk, format: 'jwk' });
  } catch (error) {
    throw malformed('JWK', undefined, error);
  }
  return publicHalf(key);
}
