import { CountersignError } from '@countersign/errors';

/** An issuer whose tokens are taken. */
export interface IssuerSettings {
  /** Its URL, exactly as it stands in its tokens. */
  readonly issuer: string;
  /** Whom its tokens have to be for. */
  readonly audience: string;
  /** Whether its own host may have an address that is not public, and, on this machine, be asked over plain http. */
  readonly privateAddress?: boolean;
}

/**
 * Checks that an issuer can be asked (OpenID Connect Discovery 1.0 §3, §4): an https URL of scheme, host, port and path.
 *
 * @returns where its discovery document is
 * @throws `ERR_CONFIG_INVALID`
 */
export function discoveryUrl({ issuer, privateAddress = false }: IssuerSettings): URL {
  const refuse = (why: string): CountersignError =>
    new CountersignError('ERR_CONFIG_INVALID', `issuer ${issuer}: ${why}`);
  if (!URL.canParse(issuer)) throw refuse('not a URL');
  const url = new URL(issuer);
  if (url.username !== '' || url.password !== '') throw refuse('must not hold credentials');
  if (url.search !== '' || url.hash !== '' || /[?#]/.test(issuer)) throw refuse('must not have a query or fragment');
  if (url.protocol === 'http:') {
    if (!privateAddress || !isThisMachine(url.hostname)) {
      throw refuse('http is for issuers on this machine, with privateAddress: true; use https');
    }
  } else if (url.protocol !== 'https:') throw refuse('not an https URL');
  return new URL(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
}

function isThisMachine(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
