import type { ReadCheckpoint } from '../start-check.ts';
import type { TreeReader } from '../storage.ts';
import type { Tree } from '../tree.ts';
import { type PublishLimits, publishLimits } from './limits.ts';
import { ShardPublisher } from './shard-publisher.ts';
import { Slots } from './slots.ts';
import { TileSource } from './tile-source.ts';
import type { TileStore } from './tile-store.ts';
import { TreePublication } from './tree-publication.ts';

/** What a {@link Publisher} stands on. */
export interface PublisherSetup {
  /** Closed with the publisher. */
  readonly store: TileStore;
  /** Where the trees are read from. */
  readonly reader: Pick<TreeReader, 'leaves' | 'tile'>;
  /** Told, in words for an operator, what is not as it should be. */
  readonly warn: (message: string, cause?: unknown) => void;
  readonly limits?: Partial<PublishLimits>;
}

/** How far a publisher is, over all shards. */
export interface PublisherState {
  /** Entries in the published trees. */
  readonly published: number;
  /** Entries in the log. */
  readonly total: number;
  /** Failures since the start. */
  readonly failures: number;
}

/**
 * Publishes the trees of a log to one store, behind the log: nothing that happens to the store fails or holds up an
 * upload, and only what is durable in the log is published. See {@link TreePublication} for what readers are promised.
 */
export class Publisher {
  readonly #setup: PublisherSetup;
  readonly #limits: PublishLimits;
  readonly #slots: Slots;
  readonly #shards = new Map<number, ShardPublisher>();

  constructor(setup: PublisherSetup) {
    this.#setup = setup;
    this.#limits = { ...publishLimits, ...setup.limits };
    this.#slots = new Slots(this.#limits.writesAtOnce);
  }

  /** How far it is. */
  get state(): PublisherState {
    const states = [...this.#shards.values()].map(({ state }) => state);
    const sum = (key: keyof PublisherState): number => states.reduce((all, state) => all + state[key], 0);
    return { published: sum('published'), total: sum('total'), failures: sum('failures') };
  }

  /**
   * Publishes a tree from now on, a frozen one to its end.
   *
   * @param readCheckpoint verifies a checkpoint of this tree, its origin too
   * @param mayPublish asked before every try: of several nodes on one log, one publishes at a time
   */
  follow(tree: Tree, readCheckpoint: ReadCheckpoint, mayPublish: () => boolean = () => true): void {
    const { store, reader } = this.#setup;
    const warn = (message: string, cause?: unknown): void => this.#setup.warn(`${store.name}: ${message}`, cause);
    let longest = -1;
    const publication = new TreePublication({
      tree,
      source: new TileSource(reader, tree.shard.id, this.#limits.leavesAtOnce),
      store,
      readCheckpoint,
      slots: this.#slots,
      limits: this.#limits,
      onLongLeaf: ({ index, length }) => {
        // A partial bundle is written many times.
        if (index <= longest) return;
        longest = index;
        warn(`leaf ${index} of shard ${tree.shard.treeId} has ${length} bytes: no entry bundle can hold it`);
      },
    });
    const shard = new ShardPublisher({ tree, publication, mayPublish, limits: this.#limits, warn });
    this.#shards.set(tree.shard.id, shard);
    shard.wake();
  }

  /** Takes note that something was committed to a shard. Returns at once. */
  committed(shard: number): void {
    this.#shards.get(shard)?.wake();
  }

  /**
   * Publishes what is new, with one try, and closes the store; after {@link PublishLimits.closeMs} with what there is by
   * then. The next start goes on from there. Never rejects.
   */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    // A folder on a network that hangs cannot be broken off: it is left behind.
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, this.#limits.closeMs);
    });
    await Promise.race([limit, Promise.all([...this.#shards.values()].map((shard) => shard.close()))]);
    clearTimeout(timer);
    this.#setup.store.close();
  }
}
