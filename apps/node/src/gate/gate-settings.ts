import { CountersignError } from '@countersign/errors';
import { discoveryUrl, type IssuerSettings } from '@countersign/oidc';
import { parseNetworks } from './client-address.ts';
import type { Rate } from './rate-limiter.ts';
import type { StaticToken } from './requesters.ts';

/** The settings of `log.admission` about who asks, and how often. */
export interface GateSettings {
  readonly tokens: readonly StaticToken[];
  readonly issuers: readonly IssuerSettings[];
  /** Absent: as often as they like. */
  readonly rates?: {
    /** Uploads from one address, IPv6 by /64. */
    readonly perAddress?: Rate;
    /** Uploads of one requester, or, from nobody who is known, with one key. */
    readonly perIdentity?: Rate;
  };
  /** CIDR blocks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
}

/**
 * What the schema cannot say of {@link GateSettings}.
 *
 * @throws `ERR_CONFIG_INVALID`
 */
export function checkGateSettings({ tokens, issuers, trustedProxies }: GateSettings): void {
  const twice = repeated(tokens.map(({ name }) => name)) ?? repeated(tokens.map(({ sha256 }) => sha256));
  if (twice !== undefined) throw refuse(`tokens: ${twice} stands there twice`);
  const issuer = repeated(issuers.map(({ issuer: url }) => url));
  if (issuer !== undefined) throw refuse(`issuers: ${issuer} stands there twice`);
  for (const settings of issuers) discoveryUrl(settings);
  const { wrong } = parseNetworks(trustedProxies);
  if (wrong !== undefined) throw refuse(`trustedProxies: ${wrong} is neither an IP address nor a CIDR block`);
}

function repeated(values: readonly string[]): string | undefined {
  return values.find((value, at) => values.indexOf(value) !== at);
}

function refuse(why: string): CountersignError {
  return new CountersignError('ERR_CONFIG_INVALID', `log.admission.${why}`);
}
