import { setTimeout } from 'node:timers/promises';
import { makeProposals } from '../../../bench/src/proposals.ts';
import { type Entry, readEntry, send } from './entries.ts';

/** What a load was answered. */
export interface LoadRecord {
  /** Milliseconds of `performance.now`. */
  readonly sent: number;
  readonly answered: number;
  /** Which of the URLs. */
  readonly url: string;
  /** 0 where the connection broke. */
  readonly status: number;
}

/**
 * Clients that upload to several nodes until they are told to stop, each entry until it is taken: where a node refuses it or
 * is gone, the next one is asked.
 */
export class SteadyLoad {
  readonly entries: Entry[] = [];
  readonly records: LoadRecord[] = [];
  /** Of those that were answered with 409, where the first attempt was not answered: the log has them. */
  readonly existing: string[] = [];
  readonly #urls: readonly string[];
  readonly #done: Promise<unknown>;
  #stopping = false;

  constructor(urls: readonly string[], clients: number) {
    this.#urls = urls;
    this.#done = Promise.all(Array.from({ length: clients }, (_, at) => this.#client(at)));
  }

  /** Resolves when every upload has found its place. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#done;
  }

  /** Milliseconds from `since` to the first acknowledgement of what was sent after it, by one of these. */
  firstAfter(since: number, urls: readonly string[]): number {
    const answers = this.records.filter(
      ({ sent, status, url }) => sent > since && status === 201 && urls.includes(url),
    );
    return Math.min(...answers.map(({ answered }) => answered)) - since;
  }

  async #client(at: number): Promise<void> {
    let place = at;
    while (!this.#stopping) {
      const [proposal = ''] = makeProposals(1, 1);
      while (!(await this.#isTaken(proposal, this.#urls[place % this.#urls.length] ?? ''))) {
        place += 1;
        await setTimeout(20);
      }
    }
  }

  async #isTaken(proposal: string, url: string): Promise<boolean> {
    const sent = performance.now();
    const answer = await send(url, proposal).catch(() => undefined);
    const text = await answer?.text().catch(() => undefined);
    const status = text === undefined ? 0 : (answer?.status ?? 0);
    this.records.push({ sent, answered: performance.now(), url, status });
    if (status === 201) this.entries.push(readEntry(JSON.parse(text ?? '')));
    else if (status === 409) this.existing.push(answer?.headers.get('location')?.split('/').at(-1) ?? '');
    else if (![0, 429, 500, 503].includes(status)) throw new Error(`${url} answered ${status}: ${text}`);
    return status === 201 || status === 409;
  }
}
