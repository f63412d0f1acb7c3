import { checkClaims, type TokenIdentity } from './claims.ts';
import { discoveryUrl, type IssuerSettings } from './issuer.ts';
import { IssuerKeys } from './issuer-keys.ts';
import type { KeySet } from './key-set.ts';
import { type OidcLimits, oidcLimits } from './limits.ts';
import { parseToken, refuseToken } from './token.ts';

/** What {@link TokenVerifier} takes beside the issuers; tests set these. */
export interface TokenVerifierOptions {
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  /** Milliseconds that only grow. */
  readonly monotonic?: () => number;
  /** Those not named are {@link oidcLimits}'; the limits of tokens themselves cannot be set. */
  readonly limits?: Partial<OidcLimits>;
  /** Told why an issuer gives no keys. */
  readonly warn?: (message: string, cause: unknown) => void;
}

interface Issuer {
  readonly settings: IssuerSettings;
  readonly keys: IssuerKeys;
}

/**
 * Verifies identity tokens of OpenID Connect. Requests go to the issuers it is given and to the key sets these name;
 * nothing that a token says is ever fetched.
 */
export class TokenVerifier {
  readonly #issuers: ReadonlyMap<string, Issuer>;
  readonly #clock: () => number;

  /** @throws `ERR_CONFIG_INVALID` when an issuer's URL will not do */
  constructor(issuers: readonly IssuerSettings[], options: TokenVerifierOptions = {}) {
    const { clock = Date.now, monotonic = () => performance.now(), warn = () => undefined } = options;
    const limits = { ...oidcLimits, ...options.limits };
    for (const settings of issuers) discoveryUrl(settings);
    this.#issuers = new Map(
      issuers.map((settings) => [
        settings.issuer,
        { settings, keys: new IssuerKeys(settings, { limits, monotonic, warn }) },
      ]),
    );
    this.#clock = clock;
  }

  /**
   * Verifies a token: its form, its issuer's signature, and that it is for us and for now.
   *
   * @throws `ERR_TOKEN_INVALID` when it counts for nothing; `ERR_ISSUER_UNAVAILABLE` when that cannot be known just now
   */
  async verify(token: string): Promise<TokenIdentity> {
    const { claims } = parseToken(token);
    const issuer = typeof claims.iss === 'string' ? this.#issuers.get(claims.iss) : undefined;
    if (issuer === undefined) throw refuseToken('it is of no issuer whose tokens are taken here');
    const expected = { ...issuer.settings, now: this.#clock() / 1000 };
    // First what costs nothing: no request is made for a token that would be refused in any case.
    const identity = checkClaims(claims, expected);
    const keys = await issuer.keys.current();
    if (!(await isSigned(token, keys)) && !(await isSigned(token, await issuer.keys.after(keys)))) {
      throw refuseToken('its issuer has no such key, or did not have it seconds ago');
    }
    return identity;
  }
}

/**
 * Verifies the signature.
 *
 * @returns false when the key is not in the set
 * @throws `ERR_TOKEN_INVALID`
 */
async function isSigned(token: string, { keyOf, algorithms }: KeySet): Promise<boolean> {
  const { compactVerify, errors } = await import('jose');
  try {
    await compactVerify(token, keyOf, { algorithms: [...algorithms] });
    return true;
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return false;
    if (error instanceof errors.JWSSignatureVerificationFailed)
      throw refuseToken('its signature does not verify', error);
    if (error instanceof errors.JOSEAlgNotAllowed) {
      throw refuseToken(`it is signed with none of ${algorithms.join(', ')}`, error);
    }
    if (error instanceof errors.JWKSMultipleMatchingKeys)
      throw refuseToken('it does not say which key signed it', error);
    // What else it finds wrong with a header or a key: still the token's fault, and never ours to fail on.
    throw refuseToken('its header or its key cannot be used', error);
  }
}
