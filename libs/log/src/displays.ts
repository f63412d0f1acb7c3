import { hasCode } from '@countersign/errors';
import type { ShownEntry } from '@countersign/plugin-host';
import type { VirtualIndex } from './indexes.ts';
import { logLimits } from './limits.ts';

/** What a logged body shows of itself in a list. Rejects with a code where its kind is not known, or something is wrong. */
export type Display = (body: Uint8Array) => Promise<ShownEntry>;

/** An entry of a list. */
export interface Listed {
  /** Names the entry, for good. */
  readonly logIndex: VirtualIndex;
  /** Reads its body. */
  readonly body: () => Promise<Uint8Array>;
}

/**
 * Has entries show themselves. Lists are long and anybody may ask for them, some keys take milliseconds to read, and uploads
 * wait for the same threads: so a few entries are shown at a time, whoever asks, none when too many wait, and what was shown
 * is kept for the next who asks.
 */
export class Displays {
  readonly #display: Display | undefined;
  /** The oldest first. */
  readonly #known = new Map<VirtualIndex, ShownEntry>();
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** @param display nothing is shown when absent */
  constructor(display: Display | undefined) {
    this.#display = display;
  }

  /** What entries show, in their order; undefined where that cannot be told. */
  async of(entries: readonly Listed[]): Promise<(ShownEntry | undefined)[]> {
    const shown = entries.map(({ logIndex }) => this.#known.get(logIndex));
    await this.#show(entries.filter((_, at) => shown[at] === undefined));
    return entries.map(({ logIndex }, at) => shown[at] ?? this.#known.get(logIndex));
  }

  async #show(entries: readonly Listed[]): Promise<void> {
    const display = this.#display;
    if (display === undefined || this.#waiting + entries.length > logLimits.displaysWaiting) return;
    this.#waiting += entries.length;
    try {
      for (let at = 0; at < entries.length; at += logLimits.displaysAtOnce) {
        const some = entries.slice(at, at + logLimits.displaysAtOnce);
        // Others have their turn between two of these.
        const turn = this.#last.then(() => Promise.all(some.map((entry) => this.#showOne(display, entry))));
        this.#last = turn.catch(() => undefined);
        await turn;
      }
    } finally {
      this.#waiting -= entries.length;
    }
  }

  async #showOne(display: Display, { logIndex, body }: Listed): Promise<void> {
    try {
      this.#known.set(logIndex, await display(await body()));
      const [oldest] = this.#known.keys();
      if (this.#known.size > logLimits.displaysKept && oldest !== undefined) this.#known.delete(oldest);
    } catch (error) {
      if (!hasCode(error)) throw error;
    }
  }
}
