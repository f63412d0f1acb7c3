import { gateLimits } from './limits.ts';

/** How often something may be done. */
export interface Rate {
  /** How often at once, after a while of doing it less often. */
  readonly burst: number;
  /** How often a minute in the long run. */
  readonly perMinute: number;
}

const minuteMs = 60_000;

/**
 * Token buckets, one a key. A bucket is one number: when it will be full again. So whole numbers are exact at the limit,
 * and a full bucket need not be kept.
 *
 * When there are too many, those go that are closest to being full. Whoever floods us with other keys to have their own
 * empty bucket forgotten has to empty as many others first; and would have gained no more by using those.
 */
export class RateLimiter {
  readonly rate: Rate;
  readonly #monotonic: () => number;
  /** Times in parts of a millisecond, `perMinute` of them: a token is 60,000. */
  readonly #full = new Map<string, number>();

  /** @param monotonic milliseconds that only grow */
  constructor(rate: Rate, monotonic: () => number) {
    this.rate = rate;
    this.#monotonic = monotonic;
  }

  /**
   * Takes a token.
   *
   * @returns 0 when there was one; otherwise nothing is taken, and the seconds until there is one, 1 or more
   */
  take(key: string): number {
    const { burst, perMinute } = this.rate;
    const now = Math.floor(this.#monotonic()) * perMinute;
    const full = Math.max(this.#full.get(key) ?? now, now) + minuteMs;
    const missing = full - now - burst * minuteMs;
    if (missing > 0) return Math.ceil(missing / perMinute / 1000);
    this.#full.set(key, full);
    if (this.#full.size > gateLimits.buckets) this.#forget();
    return 0;
  }

  /** Puts a token back that was taken. */
  giveBack(key: string): void {
    const full = this.#full.get(key);
    if (full !== undefined) this.#full.set(key, full - minuteMs);
  }

  /** Keys that are counted. */
  get size(): number {
    return this.#full.size;
  }

  #forget(): void {
    const sorted = Float64Array.from(this.#full.values()).sort();
    const last = sorted[sorted.length - gateLimits.bucketsKept - 1] ?? 0;
    for (const [key, full] of this.#full) {
      if (full <= last && this.#full.size > gateLimits.bucketsKept) this.#full.delete(key);
    }
  }
}
