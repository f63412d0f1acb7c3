import type { Tree } from '../tree.ts';
import type { PublishLimits } from './limits.ts';
import type { TreePublication } from './tree-publication.ts';

/** What a {@link ShardPublisher} stands on. */
export interface ShardPublisherPorts {
  readonly tree: Pick<Tree, 'shard' | 'state'>;
  readonly publication: Pick<TreePublication, 'publish' | 'size'>;
  /** Asked before every try. */
  readonly mayPublish: () => boolean;
  readonly limits: Pick<PublishLimits, 'intervalMs' | 'retryMs' | 'maxRetryMs'>;
  /** Told when something fails that did not the time before, and when it succeeds again. */
  readonly warn: (message: string, cause?: unknown) => void;
}

/**
 * Keeps one published tree behind its log: at once when there is something new, not more often than once an
 * interval, and after a failure again and again, further and further apart.
 */
export class ShardPublisher {
  readonly #ports: ShardPublisherPorts;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #closing = false;
  #failures = 0;
  /** Failures since the last success. */
  #inRow = 0;
  #told: string | undefined;

  constructor(ports: ShardPublisherPorts) {
    this.#ports = ports;
  }

  /** What is published, what there is, and how often publishing failed since the start. */
  get state(): { readonly published: number; readonly total: number; readonly failures: number } {
    const { publication, tree } = this.#ports;
    return { published: publication.size, total: tree.state.snapshot.size, failures: this.#failures };
  }

  /** Has the tree published, soon. Returns at once. */
  wake(): void {
    if (this.#running === undefined && this.#timer === undefined && !this.#closing) this.#run();
  }

  /** Tries once; tells after how many milliseconds it may be tried again. Never rejects. */
  async step(): Promise<number> {
    const { publication, mayPublish, limits, tree, warn } = this.#ports;
    if (!mayPublish()) return limits.intervalMs;
    try {
      await publication.publish();
    } catch (error) {
      this.#failures += 1;
      this.#inRow += 1;
      const message = error instanceof Error ? error.message : String(error);
      // A store that is away for a day is told of once.
      if (message !== this.#told) warn(`cannot publish shard ${tree.shard.treeId}: ${message}`, error);
      this.#told = message;
      return Math.min(limits.retryMs * 2 ** (this.#inRow - 1), limits.maxRetryMs);
    }
    if (this.#told !== undefined) warn(`shard ${tree.shard.treeId} is published again`);
    this.#told = undefined;
    this.#inRow = 0;
    return limits.intervalMs;
  }

  /** Publishes what is new, with one try, and ends. Resolves when nothing is under way. */
  async close(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#timer);
    await this.#running;
    if (this.#isBehind()) await this.step();
  }

  #isBehind(): boolean {
    const { published, total } = this.state;
    return this.#inRow > 0 || published < total;
  }

  #run(): void {
    this.#running = this.step().then((wait) => {
      this.#running = undefined;
      if (this.#closing) return;
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        if (this.#isBehind()) this.#run();
      }, wait).unref();
    });
  }
}
