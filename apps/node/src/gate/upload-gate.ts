import { createHash } from 'node:crypto';
import { CountersignError } from '@countersign/errors';
import { TokenVerifier } from '@countersign/oidc';
import type { AdmissionRequest, Requester } from '@countersign/plugin-api';
import { clientAddress, parseNetworks, type TrustedProxies } from './client-address.ts';
import type { GateSettings } from './gate-settings.ts';
import { type Rate, RateLimiter } from './rate-limiter.ts';
import { Requesters } from './requesters.ts';

/** What the gate takes beside its settings; tests set these. */
export interface GateOptions {
  /** Milliseconds since 1970, for what tokens say. */
  readonly clock?: () => number;
  /** Milliseconds that only grow, for rates. */
  readonly monotonic?: () => number;
  /** Told what an operator should know. */
  readonly warn: (message: string, cause: unknown) => void;
}

/** By what an upload is counted. */
export type CountedBy = 'address' | 'key' | 'requester';

/** An upload that asks to be let in. */
export interface Arrival {
  /** The peer's address. */
  readonly peer: string;
  readonly authorization: string | undefined;
  /** `X-Forwarded-For`. */
  readonly forwardedFor: string | undefined;
}

/**
 * Finds out who uploads, and how often.
 *
 * Every upload costs its address a token before anything is looked at: verifying is what that rate is to spare. An
 * identity is known, and pays, only once the upload has been verified and no policy denies it: otherwise anybody could
 * spend another's rate with rubbish in their name. What is refused for its rate costs nothing, or whoever tries again
 * too early would never get in.
 */
export class UploadGate {
  readonly #options: Required<GateOptions>;
  #requesters = new Requesters([], undefined);
  #trusted: TrustedProxies = parseNetworks([]).list;
  #addresses: RateLimiter | undefined;
  #identities: RateLimiter | undefined;
  #keys: RateLimiter | undefined;
  readonly #refused: Record<CountedBy, number> = { address: 0, key: 0, requester: 0 };
  /** How to take back what uploads without a requester have cost their key. */
  readonly #paid = new WeakMap<AdmissionRequest, () => void>();

  /** @throws `ERR_CONFIG_INVALID` */
  constructor(settings: GateSettings, options: GateOptions) {
    this.#options = { clock: Date.now, monotonic: () => performance.now(), ...options };
    this.change(settings);
  }

  /**
   * Goes by other settings from now on. Rates that stay the same go on counting.
   *
   * @throws `ERR_CONFIG_INVALID`, and goes by those of before
   */
  change({ tokens, issuers, rates, trustedProxies }: GateSettings): void {
    const { list } = parseNetworks(trustedProxies);
    const verifier = new TokenVerifier(issuers, this.#options);
    this.#requesters = new Requesters(tokens, issuers.length === 0 ? undefined : (token) => verifier.verify(token));
    this.#trusted = list;
    this.#addresses = this.#limiter(rates?.perAddress, this.#addresses);
    this.#identities = this.#limiter(rates?.perIdentity, this.#identities);
    this.#keys = this.#limiter(rates?.perIdentity, this.#keys);
  }

  /**
   * Lets an upload in, before its body is read.
   *
   * @returns what is known of it, an object for this upload alone
   * @throws `ERR_RATE_LIMITED`
   */
  async enter({ peer, authorization, forwardedFor }: Arrival): Promise<AdmissionRequest> {
    const address = clientAddress(peer, forwardedFor, this.#trusted);
    const seconds = this.#addresses?.take(address) ?? 0;
    if (seconds > 0) throw this.#tooOften('address', `address ${address}`, seconds);
    return this.#requesters.of(authorization);
  }

  /**
   * Counts an upload that was verified, and is denied by no policy.
   *
   * @param key the fingerprint of the key that signed it
   * @throws `ERR_RATE_LIMITED`
   */
  charge(request: AdmissionRequest, key: string | undefined): void {
    const { requester } = request;
    if (requester !== undefined) {
      const seconds = this.#identities?.take(bucketOf(nameOf(requester))) ?? 0;
      if (seconds > 0) throw this.#tooOften('requester', 'this requester', seconds);
    } else if (key !== undefined && this.#keys !== undefined) {
      const limiter = this.#keys;
      const bucket = bucketOf(key);
      const seconds = limiter.take(bucket);
      if (seconds > 0) throw this.#tooOften('key', `key ${key}`, seconds);
      this.#paid.set(request, () => limiter.giveBack(bucket));
    }
  }

  /**
   * The upload was in the log already. Signatures are public: whoever repeats one is not the key's owner for that, and
   * must not spend its rate. A requester, who is, pays.
   */
  repeated(request: AdmissionRequest): void {
    this.#paid.get(request)?.();
  }

  /** Uploads that were refused for a rate, since the start. */
  get refused(): Readonly<Record<CountedBy, number>> {
    return this.#refused;
  }

  #tooOften(by: CountedBy, who: string, retryAfterSeconds: number): CountersignError {
    this.#refused[by] += 1;
    const message = `${who} uploads more often than this log allows; try again in ${retryAfterSeconds} s`;
    return new CountersignError('ERR_RATE_LIMITED', message, { details: { retryAfterSeconds } });
  }

  #limiter(rate: Rate | undefined, before: RateLimiter | undefined): RateLimiter | undefined {
    if (rate === undefined) return undefined;
    if (before?.rate.burst === rate.burst && before.rate.perMinute === rate.perMinute) return before;
    return new RateLimiter(rate, this.#options.monotonic);
  }
}

/** The same for one person whatever else their token says. */
function nameOf(requester: Requester): string {
  return JSON.stringify(
    requester.type === 'token' ? ['token', requester.name] : ['oidc', requester.issuer, requester.subject],
  );
}

/** Names may be long, and many are kept. */
function bucketOf(name: string): string {
  return createHash('sha256').update(name).digest('base64');
}
