import { setImmediate } from 'node:timers/promises';
import { hasCode } from '@countersign/errors';
import { checkpointReader, v1Kind } from '@countersign/log';
import { type Fault, fsck, passingReader, type TreeReader } from '@countersign/tree';
import { type Finding, findingText, treeFinding } from './finding.ts';
import { operationLimits } from './limits.ts';

/** What a {@link Scrub} stands on. */
export interface ScrubSetup {
  /** A connection of its own: another one's cache is not for this. */
  readonly log: TreeReader;
  /** 0 for no scrub. */
  readonly leavesPerSecond: number;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Told of each finding, in one line. */
  readonly warn: (message: string) => void;
}

/** What a scrub has come to. */
export interface ScrubState {
  /** Leaves read since the start. */
  readonly leaves: number;
  /** Faults of the last complete pass, or of the one under way if it has more. */
  readonly faults: number;
  /** Seconds since 1970; 0 before the first pass is complete. */
  readonly lastPass: number;
}

/** Leaves after which other work of the node's thread is let in: less than a millisecond. */
const leavesAtOnce = 16;

/**
 * Reads the log of a running node again and again, slowly: damage is found while there are still backups without it. Each
 * step reads up to 256 leaves; the pauses between are as long as the bound asks for.
 */
export class Scrub {
  readonly #setup: ScrubSetup;
  #steps: AsyncGenerator<number> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #closed = false;
  #leaves = 0;
  #passFaults = 0;
  #lastFaults = 0;
  #lastPass = 0;

  constructor(setup: ScrubSetup) {
    this.#setup = { ...setup, log: withPauses(setup.log) };
  }

  get state(): ScrubState {
    return { leaves: this.#leaves, faults: Math.max(this.#passFaults, this.#lastFaults), lastPass: this.#lastPass };
  }

  /** Begins, when there is anything to be done, and goes on until {@link close}. */
  start(): void {
    if (this.#setup.leavesPerSecond > 0) this.#schedule(1000);
  }

  /** Ends it, and resolves when nothing reads any more. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** One step; tells after how many milliseconds the next one is due. Never rejects. */
  async step(): Promise<number> {
    this.#steps ??= this.#pass();
    const { value, done } = await this.#steps.next();
    if (!done) return (value * 1000) / this.#setup.leavesPerSecond;
    this.#steps = undefined;
    return operationLimits.scrubPauseMs;
  }

  #schedule(milliseconds: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#running = this.step().then((wait) => this.#schedule(wait));
    }, milliseconds);
    this.#timer.unref();
  }

  /** Goes through all shards once; each step gives the leaves it read. */
  async *#pass(): AsyncGenerator<number, undefined> {
    this.#passFaults = 0;
    const { log, clock } = this.#setup;
    try {
      for (const record of await log.shards()) {
        if (record.kind !== v1Kind) continue;
        let done = 0;
        try {
          const steps = fsck({ storage: log, shard: record.id, readCheckpoint: checkpointReader(record) });
          for await (const { cursor, faults } of steps) {
            const read = cursor.size - done;
            done = cursor.size;
            this.#leaves += read;
            for (const fault of faults) this.#found(treeFinding(record.treeId, fault));
            yield read;
          }
        } catch (error) {
          this.#failed(`shard ${record.treeId}`, error);
        }
      }
    } catch (error) {
      this.#failed('the log', error);
    }
    this.#lastFaults = this.#passFaults;
    this.#lastPass = Math.floor(clock() / 1000);
    return undefined;
  }

  #failed(where: string, error: unknown): void {
    const fault: Fault = { what: error instanceof Error ? error.message : String(error) };
    this.#found({ where, ...fault, cure: 'data' });
    // A fault of ours must not end the node that it runs in; it is seen as what it is.
    if (!hasCode(error) && error instanceof Error) this.#setup.warn(`scrub: ${error.stack}`);
  }

  #found(finding: Finding): void {
    this.#passFaults += 1;
    if (this.#passFaults > operationLimits.scrubWarnings) return;
    this.#setup.warn(`scrub: ${findingText(finding)}. Run \`countersign fsck\` for the whole picture`);
  }
}

/** The same reader, which lets other work in: SQLite's answers come at once, and would leave no room in between. */
function withPauses(log: TreeReader): TreeReader {
  let found = 0;
  return {
    ...passingReader(log),
    // Asked for once a leaf.
    find: async (shard, identity) => {
      found += 1;
      if (found % leavesAtOnce === 0) await setImmediate();
      return log.find(shard, identity);
    },
  };
}
