import type { JsonObject } from '@countersign/encoding';
import { oidcLimits } from './limits.ts';
import { refuseToken } from './token.ts';

/** Who a token is about, as its issuer says. */
export interface TokenIdentity {
  readonly issuer: string;
  readonly subject: string;
  readonly email?: string;
  /** Whether the issuer says that it has checked {@link email}; absent when it says nothing. */
  readonly emailVerified?: boolean;
  /** Everything the token says. */
  readonly claims: JsonObject;
}

/** What a token's claims have to agree with. */
export interface ExpectedClaims {
  readonly issuer: string;
  readonly audience: string;
  /** Seconds since 1970. */
  readonly now: number;
}

/**
 * Checks the claims of a token whose signature was verified (OpenID Connect Core 1.0 §3.1.3.7). A token for a further
 * audience is refused: whoever is that audience holds it too, and could use it here.
 *
 * @throws `ERR_TOKEN_INVALID` with what was expected
 */
export function checkClaims(claims: JsonObject, { issuer, audience, now }: ExpectedClaims): TokenIdentity {
  const { iss, aud, sub, exp, nbf, iat } = claims;
  const skew = oidcLimits.skewSeconds;
  if (iss !== issuer) throw refuseToken(`its issuer is not ${issuer}`);
  const [only, ...others] = Array.isArray(aud) ? aud : [aud];
  if (only !== audience || others.length > 0) throw refuseToken(`its audience is not "${audience}" alone`);
  if (typeof exp !== 'number') throw refuseToken('it does not say when it expires');
  if (exp <= now - skew) throw refuseToken(`it expired ${Math.ceil(now - exp)} s ago`);
  if (typeof iat !== 'number') throw refuseToken('it does not say when it was issued');
  if (iat > now + skew) throw refuseToken(`it was issued ${Math.ceil(iat - now)} s from now: is a clock wrong?`);
  if (nbf !== undefined && typeof nbf !== 'number') throw refuseToken('its nbf is not a number');
  if (nbf !== undefined && nbf > now + skew) throw refuseToken(`it is valid ${Math.ceil(nbf - now)} s from now`);
  if (typeof sub !== 'string' || sub === '' || sub.length > oidcLimits.subjectLength) {
    throw refuseToken(`its subject is not text of 1 to ${oidcLimits.subjectLength} characters`);
  }
  return { issuer, subject: sub, ...emailOf(claims), claims };
}

function emailOf({ email, email_verified: verified }: JsonObject): Pick<TokenIdentity, 'email' | 'emailVerified'> {
  if (email === undefined || email === null) return {};
  if (typeof email !== 'string' || email === '' || email.length > oidcLimits.emailLength) {
    throw refuseToken(`its e-mail address is not text of 1 to ${oidcLimits.emailLength} characters`);
  }
  // Some issuers write booleans as text.
  if (verified === true || verified === 'true') return { email, emailVerified: true };
  if (verified === false || verified === 'false') return { email, emailVerified: false };
  return { email };
}
