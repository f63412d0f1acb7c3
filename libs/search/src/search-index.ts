import { CountersignError } from '@countersign/errors';
import { type Growth, type LeafId, type TreeReader } from '@countersign/tree';
import { IndexWorkerHandle } from './index-worker-handle.ts';
import { type IndexShard, readKeys } from './indexer.ts';
import { type LeafSource, listSource, mergeLeaves } from './leaf-source.ts';
import { searchLimits } from './limits.ts';
import { intersectionPage, type LeafPage, unionPage } from './page.ts';
import { searchKey } from './search-key.ts';
import { isDamaged } from './storage/index-file.ts';
import { IndexReader } from './storage/index-reader.ts';
import type { Tail } from './tail.ts';
import { Tails } from './tails.ts';

/** What a {@link SearchIndex} is opened with. */
export interface IndexSetup {
  /** The index's file, made when it is not there, and thrown away when it is damaged or of another log. */
  readonly path: string;
  /** Where the log is, a path or the URL of a database, for the thread that reads it. */
  readonly logLocation: string;
  /** The same, for this thread. */
  readonly log: TreeReader;
  /** The shards of the log, the oldest first; all but the last are frozen. */
  readonly shards: readonly IndexShard[];
  readonly limits?: Partial<IndexLimits>;
}

/** The limits a test sets. */
export type IndexLimits = Record<'batchLeaves' | 'startEntries' | 'tailBytes' | 'segmentLeaves', number>;

/** What an index tells while it goes on. */
export interface IndexEvents {
  /** In words for an operator: what was thrown away, what failed. */
  readonly onWarning: (message: string, cause?: unknown) => void;
}

/** What is asked. Keys and prefixes are compared without regard to case. */
export interface LeafQuery {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  readonly operator: 'or' | 'and';
  /** Only leaves below this one. */
  readonly before?: LeafId | undefined;
  /** Leaves of one page. */
  readonly limit: number;
}

/** How far the index is. Entries are counted over all shards, the oldest first. */
export interface IndexState {
  /** Every entry below is found. */
  readonly covered: number;
  /** Entries that are in the file. */
  readonly indexed: number;
  readonly total: number;
  /** Failures since the start. */
  readonly failures: number;
}

/**
 * The search index behind a log: a file that a thread of its own writes in large batches, and in memory what that
 * has not written yet. It promises: what {@link committed} was told of is found by the next {@link find}, unless
 * {@link state} says that it is behind; nothing that happens to the file makes `committed` fail; and the file holds
 * nothing but what the log has.
 */
export class SearchIndex {
  readonly #setup: IndexSetup;
  readonly #limits: IndexLimits;
  readonly #events: IndexEvents;
  readonly #worker: IndexWorkerHandle;
  /** The oldest first; all but the last are frozen. */
  readonly #shards: IndexShard[];
  readonly #sizes: Map<number, number>;
  readonly #tails: Tails;
  #indexed: ReadonlyMap<number, number> = new Map();
  #reader: IndexReader | undefined;
  #renew = false;
  #failures = 0;
  /** What the last failure said, until something succeeds: it is told once, however often it is tried again. */
  #told: string | undefined;
  /** After a failure: the number of entries at which it is tried again. */
  #tryAgainAt = 0;
  #running: Promise<void> | undefined;
  #closing = false;

  private constructor(setup: IndexSetup, events: IndexEvents) {
    this.#setup = setup;
    this.#limits = { ...searchLimits, ...setup.limits };
    this.#events = events;
    this.#worker = new IndexWorkerHandle({ index: setup.path, log: setup.logLocation });
    this.#shards = [...setup.shards];
    this.#sizes = new Map(setup.shards.map(({ id, size }) => [id, size]));
    this.#tails = new Tails(this.#limits);
  }

  /**
   * Opens an index, and reads what it lacks into memory; when that is much, the index is behind until the thread has
   * written it. Never rejects for the index's sake: one that cannot be opened is behind, with a warning.
   */
  static async open(setup: IndexSetup, events: IndexEvents): Promise<SearchIndex> {
    const index = new SearchIndex(setup, events);
    try {
      await index.#open();
      await index.#fillTails();
    } catch (error) {
      index.#failed(error);
    }
    index.#pump();
    return index;
  }

  /** How far the index is. */
  get state(): IndexState {
    const total = this.#count(this.#sizes);
    const indexed = this.#count(this.#indexed);
    const whole = this.#shards.every(({ id }) => this.#isIndexed(id) || this.#isInTail(id));
    const covered = this.#reader === undefined ? 0 : whole ? total : indexed;
    return { covered, indexed, total, failures: this.#failures };
  }

  /** Takes a new shard, which follows all others: these are complete. */
  follow(shard: IndexShard): void {
    this.#shards.push(shard);
    this.#sizes.set(shard.id, shard.size);
    this.#pump();
  }

  /** Takes what was committed, in order. What is left out is read from the log. */
  committed({ shard, first, leaves }: Pick<Growth, 'shard' | 'first' | 'leaves'>): void {
    // A commit that was missed would leave a hole: what comes after it is another tail.
    const before = this.#tails.of(shard);
    const tail = before?.end === first ? before : this.#tails.begin(shard, first);
    addTo(
      tail,
      leaves.map(({ annex }) => annex),
    );
    this.#sizes.set(shard, tail.end);
    this.#pump();
  }

  /**
   * Finds leaves, the highest first. Beyond what {@link state} says is covered some may be missing.
   *
   * @throws `ERR_SEARCH_TOO_BROAD` when a prefix has too many keys
   * @throws `ERR_INDEX_BEHIND` when the index cannot be read
   */
  find({ keys, prefixes, operator, before = Number.MAX_SAFE_INTEGER as LeafId, limit }: LeafQuery): LeafPage {
    if (this.state.covered < this.#count(this.#sizes)) this.#pump(true);
    const reader = this.#reader;
    if (reader === undefined) throw unreadable();
    try {
      const sources = [
        ...distinct(keys).map((key) => this.#keySource(reader, key)),
        ...distinct(prefixes).map((prefix) => this.#prefixSource(reader, prefix)),
      ];
      return operator === 'and' ? intersectionPage(sources, limit, before) : unionPage(sources, limit, before);
    } catch (error) {
      if (!(error instanceof CountersignError) || error.code !== 'ERR_STORAGE') throw error;
      this.#failed(error);
      this.#pump(true);
      throw unreadable(error);
    }
  }

  /** Writes what is left, within bounds, and ends. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#running;
    try {
      for (let batch = 0; batch < searchLimits.closingBatches && this.#next() && this.#reader; batch += 1) {
        await this.#advance();
      }
    } catch (error) {
      this.#failed(error);
    }
    this.#reader?.close();
    this.#reader = undefined;
    await this.#worker.close();
  }

  /** Entries over all shards up to the first that is not complete. */
  #count(sizes: ReadonlyMap<number, number>): number {
    let sum = 0;
    for (const { id } of this.#shards) {
      const size = sizes.get(id) ?? 0;
      sum += size;
      if (size < (this.#sizes.get(id) ?? 0)) break;
    }
    return sum;
  }

  #isIndexed(shard: number): boolean {
    return (this.#indexed.get(shard) ?? 0) >= (this.#sizes.get(shard) ?? 0);
  }

  /** Whether what of a shard is not indexed is in memory. */
  #isInTail(shard: number): boolean {
    const tail = this.#tails.of(shard);
    return tail !== undefined && tail.start <= (this.#indexed.get(shard) ?? 0);
  }

  /** The shard to index next, as large as it is now. */
  #next(): IndexShard | undefined {
    const shard = this.#shards.find(({ id }) => !this.#isIndexed(id));
    return shard && { ...shard, size: this.#sizes.get(shard.id) ?? 0 };
  }

  async #open(): Promise<void> {
    const shards = this.#shards.map((shard) => ({ ...shard, size: this.#sizes.get(shard.id) ?? 0 }));
    this.#reader?.close();
    this.#reader = undefined;
    const { sizes, discarded } = await this.#worker.ask({ type: 'open', shards, renew: this.#renew });
    this.#renew = false;
    if (discarded !== undefined) this.#events.onWarning(`the search index is made again: ${discarded}`);
    this.#indexed = sizes;
    this.#reader = new IndexReader(this.#setup.path);
  }

  /** At the start: what is not indexed, unless it is too much. */
  async #fillTails(): Promise<void> {
    if (this.#count(this.#sizes) - this.#count(this.#indexed) > this.#limits.startEntries) return;
    for (const { id, size } of this.#shards) {
      if (!this.#isIndexed(id)) await this.#fillTail(id, this.#indexed.get(id) ?? 0, size);
    }
  }

  async #fillTail(shard: number, from: number, to: number): Promise<void> {
    const tail = this.#tails.begin(shard, from);
    while (tail.end < to) {
      const { end } = tail;
      const leaves = await this.#setup.log.annexes(shard, end, to - end, searchLimits.batchBytes);
      if (leaves.length === 0)
        throw new CountersignError('ERR_STORAGE', `the log has no leaf ${end} in shard ${shard}`);
      addTo(
        tail,
        leaves.map(({ annex }) => annex),
      );
    }
  }

  /** Goes on indexing where there is a full batch, or a hole before the tail. */
  #pump(asked = false): void {
    if (this.#running !== undefined || this.#closing) return;
    if (!asked && this.#count(this.#sizes) < this.#tryAgainAt) return;
    if (this.#reader !== undefined && !this.#isDue()) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  #isDue(): boolean {
    const { covered, indexed, total } = this.state;
    // The rest of a frozen shard is written at once: its tail would never become a full batch.
    const isFrozenLeft = this.#shards.slice(0, -1).some(({ id }) => !this.#isIndexed(id));
    return total - indexed >= this.#limits.batchLeaves || covered < total || isFrozenLeft;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#closing) {
        if (this.#reader === undefined || !this.#worker.running) await this.#open();
        if (!this.#isDue()) return;
        await this.#advance();
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  async #advance(): Promise<void> {
    const shard = this.#next();
    if (shard === undefined) return;
    const { size, unreadable } = await this.#worker.ask({
      type: 'advance',
      shard,
      batchLeaves: this.#limits.batchLeaves,
    });
    this.#indexed = new Map(this.#indexed).set(shard.id, size);
    this.#told = undefined;
    this.#tails.dropBelow(shard.id, size);
    if (unreadable > 0) {
      this.#events.onWarning(`${unreadable} entries of shard ${shard.id} before ${size} have no readable index keys`);
    }
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    if (this.#told !== String(error)) this.#events.onWarning('the search index failed; uploads go on', error);
    this.#told = String(error);
    this.#tryAgainAt = this.#count(this.#sizes) + this.#limits.batchLeaves;
    if (!isDamaged(error)) return;
    // Only a new one helps. It is made with the next attempt, which is not to wait for uploads.
    this.#renew = true;
    this.#reader?.close();
    this.#reader = undefined;
    this.#indexed = new Map();
    this.#tryAgainAt = 0;
  }

  #keySource(reader: IndexReader, key: string): LeafSource {
    return {
      below: (before, count) =>
        mergeLeaves([this.#tails.below(key, before, count), reader.below(key, before, count)], count),
    };
  }

  #prefixSource(reader: IndexReader, prefix: string): LeafSource {
    const rows = searchLimits.prefixRows;
    const newest = this.#tails.withPrefix(prefix, rows);
    const indexed = reader.withPrefix(prefix, rows + 1);
    if (newest === undefined || indexed.length > rows) {
      throw new CountersignError(
        'ERR_SEARCH_TOO_BROAD',
        `more than ${rows} keys start with ${JSON.stringify(prefix)}: give a longer prefix`,
        { details: { limit: rows } },
      );
    }
    return listSource([...new Set([...newest, ...indexed])].sort((a, b) => b - a));
  }
}

function addTo(tail: Tail, annexes: readonly (Uint8Array | undefined)[]): void {
  for (const annex of annexes) tail.add(readKeys(annex) ?? []);
}

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts.map(searchKey))];
}

function unreadable(cause?: unknown): CountersignError {
  return new CountersignError('ERR_INDEX_BEHIND', 'the search index cannot be read; it is made again', { cause });
}
