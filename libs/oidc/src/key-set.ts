import { isJsonObject, type JsonValue } from '@countersign/encoding';
import type { JWK, JWTVerifyGetKey } from 'jose';
import { fetchJson } from './fetch-json.ts';
import { discoveryUrl, type IssuerSettings } from './issuer.ts';
import type { OidcLimits } from './limits.ts';

/** The keys of an issuer, as it published them once. */
export interface KeySet {
  /** Finds the key of a token by its header. */
  readonly keyOf: JWTVerifyGetKey;
  /** The signature algorithms the issuer uses, of those that are taken. */
  readonly algorithms: readonly string[];
}

/** Signature algorithms that are taken (RFC 7518 §3.1, RFC 8037): public keys alone, so neither `none` nor an HMAC. */
const takenAlgorithms: ReadonlySet<string> = new Set([
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]);

/** Of an issuer that names none: the one every issuer has to know (OpenID Connect Core 1.0 §15.1). */
const defaultAlgorithms = ['RS256'];

/**
 * Asks an issuer for its keys: the discovery document, then the key set that it names. jose is loaded with the first
 * call: most nodes have no issuers.
 *
 * @throws `Error` saying what failed, for the operator
 */
export async function fetchKeySet(settings: IssuerSettings, limits: OidcLimits): Promise<KeySet> {
  const discovery = discoveryUrl(settings);
  const privateAddresses = settings.privateAddress ?? false;
  const timeout = limits.fetchMs;
  const document = await fetchJson(discovery, { privateAddresses, maxBytes: limits.discoveryBytes, timeout });
  if (!isJsonObject(document)) throw new Error(`${discovery} did not answer with an object`);
  if (document.issuer !== settings.issuer) throw new Error(`${discovery} is about another issuer`);
  const algorithms = algorithmsOf(document.id_token_signing_alg_values_supported);
  if (algorithms.length === 0) throw new Error(`${discovery} names no signature algorithm that is taken`);

  const keys = keySetUrl(document.jwks_uri, discovery);
  // A private address was allowed for the issuer's own host, and for no other that it may name.
  const sameHost = keys.hostname === discovery.hostname;
  const published = await fetchJson(keys, {
    privateAddresses: privateAddresses && sameHost,
    maxBytes: limits.keySetBytes,
    timeout,
  });
  if (!isJsonObject(published) || !Array.isArray(published.keys)) throw new Error(`${keys} is not a key set`);
  if (published.keys.length > limits.keys) throw new Error(`${keys} has over ${limits.keys} keys`);
  const { createLocalJWKSet } = await import('jose');
  return { keyOf: createLocalJWKSet({ keys: published.keys.filter(isPublicKey) }), algorithms };
}

function algorithmsOf(named: JsonValue | undefined): readonly string[] {
  const offered: readonly unknown[] = Array.isArray(named) ? named : defaultAlgorithms;
  return [...takenAlgorithms].filter((name) => offered.includes(name));
}

function keySetUrl(named: JsonValue | undefined, discovery: URL): URL {
  const url = typeof named === 'string' && URL.canParse(named) ? new URL(named) : undefined;
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && url.origin === discovery.origin);
  if (url === undefined || !secure || url.username !== '' || url.password !== '') {
    throw new Error(`${discovery} has no https jwks_uri`);
  }
  return url;
}

/** What is no public key for signatures does not spoil the others of the set (RFC 7517 §5). */
function isPublicKey(key: JsonValue): key is JsonValue & JWK {
  if (!isJsonObject(key)) return false;
  return (
    ['RSA', 'EC', 'OKP'].includes(String(key.kty)) && (key.use === undefined || key.use === 'sig') && !('d' in key)
  );
}
