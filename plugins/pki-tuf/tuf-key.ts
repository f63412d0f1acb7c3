import type { JsonObject, PluginApi, VerifyKey } from '@countersign/plugin-api';
import { isObject } from './json.ts';

/** SubjectPublicKeyInfo around a raw Ed25519 key (RFC 8410 §4) and an uncompressed P-256 point (RFC 5480 §2). */
const ed25519Prefix = '302a300506032b6570032100';
const p256Prefix = '3059301306072a8648ce3d020106082a8648ce3d030107034200';

/**
 * Reads one key of a root (TUF specification §4.2.2): `ed25519` in hex; `rsa`, `ecdsa` and the older
 * `ecdsa-sha2-nistp256` as PEM; the latter two also as the hex of a P-256 point, as go-tuf once wrote them.
 * `keytype` alone says how a key signs, as in upstream: RSA with PSS, and SHA-256 for all but Ed25519.
 *
 * @throws `ERR_MALFORMED` or `ERR_UNSUPPORTED`
 */
export function readKey({ crypto, encoding, errors }: PluginApi, key: JsonObject): VerifyKey {
  const { keytype, keyval } = key;
  const value = isObject(keyval) ? keyval.public : undefined;
  if (typeof value !== 'string') throw malformed();
  switch (keytype) {
    case 'ed25519':
      if (!/^[0-9A-Fa-f]{64}$/.test(value)) throw malformed();
      return crypto.parseSpki(encoding.fromHex(ed25519Prefix + value));
    case 'rsa':
      return fromPem(value, 'rsa-');
    case 'ecdsa':
    case 'ecdsa-sha2-nistp256':
      if (/^04[0-9A-Fa-f]{128}$/.test(value)) return crypto.parseSpki(encoding.fromHex(p256Prefix + value));
      return fromPem(value, 'ecdsa-');
    default:
      throw errors.refuse('ERR_UNSUPPORTED', 'TUF key type is none of ed25519, ecdsa, ecdsa-sha2-nistp256, rsa');
  }

  function fromPem(pem: string, algorithm: string): VerifyKey {
    const [block, ...more] = encoding.decodePem(pem);
    if (block?.label !== 'PUBLIC KEY' || more.length > 0) throw malformed();
    const parsed = crypto.parseSpki(block.der);
    if (!parsed.algorithm.startsWith(algorithm)) throw malformed();
    return parsed;
  }

  function malformed(): Error {
    return errors.refuse('ERR_MALFORMED', 'malformed TUF key');
  }
}
