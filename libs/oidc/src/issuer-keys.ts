import { CountersignError } from '@countersign/errors';
import type { IssuerSettings } from './issuer.ts';
import { fetchKeySet, type KeySet } from './key-set.ts';
import type { OidcLimits } from './limits.ts';

/** What {@link IssuerKeys} works with. */
export interface IssuerKeysOptions {
  readonly limits: OidcLimits;
  /** Milliseconds that only grow. */
  readonly monotonic: () => number;
  /** Told what failed, at most once each `limits.retryMs`. */
  readonly warn: (message: string, cause: unknown) => void;
}

/**
 * The keys of one issuer, kept for a while. However many tokens ask, one request is under way at a time, and two begin
 * at least `limits.retryMs` apart: nobody can use us to load an issuer.
 */
export class IssuerKeys {
  readonly #settings: IssuerSettings;
  readonly #options: IssuerKeysOptions;
  #set: { readonly keys: KeySet; readonly at: number } | undefined;
  #attempt: { readonly keys: Promise<KeySet>; readonly at: number } | undefined;

  constructor(settings: IssuerSettings, options: IssuerKeysOptions) {
    this.#settings = settings;
    this.#options = options;
  }

  /**
   * The keys, no older than `limits.keySetMs`.
   *
   * @throws `ERR_ISSUER_UNAVAILABLE`
   */
  async current(): Promise<KeySet> {
    const { limits, monotonic } = this.#options;
    if (this.#set !== undefined && monotonic() - this.#set.at < limits.keySetMs) return this.#set.keys;
    return this.#fetch();
  }

  /**
   * The keys after those in which one was not found: the same ones when they were fetched a moment ago.
   *
   * @throws `ERR_ISSUER_UNAVAILABLE`
   */
  async after(keys: KeySet): Promise<KeySet> {
    return this.#set !== undefined && this.#set.keys !== keys ? this.#set.keys : this.#fetch();
  }

  #fetch(): Promise<KeySet> {
    const { limits, monotonic } = this.#options;
    const at = monotonic();
    // Also while it is under way, as no attempt takes longer; also when it failed.
    if (this.#attempt === undefined || at - this.#attempt.at >= limits.retryMs) {
      this.#attempt = { keys: this.#ask(at), at };
    }
    return this.#attempt.keys;
  }

  async #ask(at: number): Promise<KeySet> {
    const { limits, warn } = this.#options;
    const { issuer } = this.#settings;
    try {
      const keys = await fetchKeySet(this.#settings, limits);
      this.#set = { keys, at };
      return keys;
    } catch (cause) {
      warn(`the keys of issuer ${issuer} cannot be fetched`, cause);
      const message = `the token cannot be checked now: its issuer ${issuer} gives no keys; try again later`;
      throw new CountersignError('ERR_ISSUER_UNAVAILABLE', message, { cause });
    }
  }
}
