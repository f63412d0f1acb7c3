import { hasCode } from '@countersign/errors';
import type { ShownEntry } from '@countersign/plugin-host';
import { logLimits } from './limits.ts';

/** What a logged body shows of itself in a list. Rejects with a code where its kind is not known, or something is wrong. */
export type Display = (body: Uint8Array) => Promise<ShownEntry>;

/**
 * Has entries show themselves. Lists are long and anybody may ask for them, and uploads wait for the same threads: so a few
 * entries are shown at a time, whoever asks, and none when too many wait.
 */
export class Displays {
  readonly #display: Display | undefined;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  /** @param display nothing is shown when absent */
  constructor(display: Display | undefined) {
    this.#display = display;
  }

  /**
   * What bodies show, in their order; undefined where that cannot be told.
   *
   * @param bodies each reads one, when its turn has come
   */
  async of(bodies: readonly (() => Promise<Uint8Array>)[]): Promise<(ShownEntry | undefined)[]> {
    const display = this.#display;
    const isBusy = this.#waiting + bodies.length > logLimits.displaysWaiting;
    if (display === undefined || isBusy) return bodies.map(() => undefined);
    this.#waiting += bodies.length;
    try {
      const shown: (ShownEntry | undefined)[] = [];
      for (let at = 0; at < bodies.length; at += logLimits.displaysAtOnce) {
        const some = bodies.slice(at, at + logLimits.displaysAtOnce);
        // Others have their turn between two of these.
        const turn = this.#last.then(() => Promise.all(some.map((body) => showOne(display, body))));
        this.#last = turn.catch(() => undefined);
        shown.push(...(await turn));
      }
      return shown;
    } finally {
      this.#waiting -= bodies.length;
    }
  }
}

async function showOne(display: Display, body: () => Promise<Uint8Array>): Promise<ShownEntry | undefined> {
  try {
    return await display(await body());
  } catch (error) {
    if (hasCode(error)) return undefined;
    throw error;
  }
}
