import { setImmediate } from 'node:timers/promises';
import { CountersignError } from '@countersign/errors';
import type { ShownEntry } from '@countersign/plugin-host';
import type { LeafHead, LeafId } from '@countersign/tree';
import { type Display, Displays } from './displays.ts';
import { entryId } from './entry-id.ts';
import type { EntryIndex, IndexQuery, IndexState } from './entry-index.ts';
import type { VirtualIndex } from './indexes.ts';
import { logLimits } from './limits.ts';
import type { Shard } from './shard.ts';
import type { Shards } from './shards.ts';

/** What entries are searched by: at least one key or prefix. */
export type SearchCriteria = Pick<IndexQuery, 'keys' | 'prefixes' | 'operator'>;

/** An entry that was found. */
export interface SearchHit {
  /** 80 hex digits. */
  readonly id: string;
  /** Over all shards. */
  readonly logIndex: VirtualIndex;
  /** Seconds since 1970. */
  readonly integratedTime: number;
}

/** An entry that was found, as a list shows it. */
export interface ShownHit extends SearchHit {
  /** Undefined where no plugin knows its kind, or too many wait. */
  readonly display: ShownEntry | undefined;
}

/** One page of a search, the newest entry first. */
export interface SearchAnswer {
  readonly entries: readonly ShownHit[];
  /** The other results are below this index; undefined when there are none. */
  readonly next: VirtualIndex | undefined;
  /** Every entry below this index was considered. */
  readonly indexedTo: number;
  /** Entries of the log, over all shards. */
  readonly treeSize: number;
}

/** Searches a log by what its entries are about. Knows no HTTP. */
export class LogSearch {
  readonly #shards: Shards;
  readonly #index: EntryIndex;
  readonly #displays: Displays;

  constructor(shards: Shards, index: EntryIndex, display?: Display) {
    this.#shards = shards;
    this.#index = index;
    this.#displays = new Displays(display);
  }

  /** How far the index is. */
  get state(): IndexState {
    return this.#index.state;
  }

  /**
   * One page of at most `limit` entries below `before`. It may be short and yet have a `next`.
   *
   * @throws `ERR_SEARCH_TOO_BROAD`, `ERR_INDEX_BEHIND` when the index cannot be read
   */
  async page(criteria: SearchCriteria, limit: number, before?: VirtualIndex): Promise<SearchAnswer> {
    const { covered, total } = this.#index.state;
    const { hits, next } = await this.#find(criteria, limit, before);
    const shown = await this.#displays.of(hits.map(({ logIndex }) => ({ logIndex, body: () => this.#body(logIndex) })));
    const entries = hits.map((hit, at) => ({ ...hit, display: shown[at] }));
    return { entries, next, indexedTo: covered, treeSize: total };
  }

  /**
   * The IDs (80 hex digits) of all entries, the newest first.
   *
   * @throws `ERR_INDEX_BEHIND` rather than leave one out
   * @throws `ERR_SEARCH_TOO_BROAD` when there are too many for one answer
   */
  async all(criteria: SearchCriteria): Promise<string[]> {
    const { covered, total } = this.#index.state;
    const ids: string[] = [];
    let before: VirtualIndex | undefined;
    for (let pages = 0; pages < logLimits.pages; pages += 1) {
      const { hits, next } = await this.#find(criteria, logLimits.pageEntries, before);
      // Looked at after the page, which is what finds out that the index is damaged.
      if (covered < total) throw behind(covered, total);
      for (const { id } of hits) ids.push(id);
      if (next === undefined) return ids;
      before = next;
      // Others are served between two pages.
      await setImmediate();
    }
    const most = logLimits.pages * logLimits.pageEntries;
    throw new CountersignError(
      'ERR_SEARCH_TOO_BROAD',
      `more than ${most} entries match, or finding them takes too long: read them page by page with GET /api/v1/index/search`,
      { details: { limit: most } },
    );
  }

  async #find(
    criteria: SearchCriteria,
    limit: number,
    before: VirtualIndex | undefined,
  ): Promise<{ readonly hits: readonly SearchHit[]; readonly next: VirtualIndex | undefined }> {
    const from = before === undefined ? undefined : this.#shards.leafAt(before);
    const { leaves, next } = this.#index.find({ ...criteria, limit, before: from });
    return {
      hits: await this.#hits(leaves),
      next: next === undefined ? undefined : this.#shards.placeOf(next).logIndex,
    };
  }

  async #body(logIndex: VirtualIndex): Promise<Uint8Array> {
    const { shard, index } = this.#shards.locate(logIndex);
    const leaf = await shard.tree.entry(index);
    if (leaf === undefined) throw new CountersignError('ERR_ENTRY_NOT_FOUND', `there is no entry ${logIndex}`);
    return leaf.data;
  }

  async #hits(leaves: readonly LeafId[]): Promise<SearchHit[]> {
    const indexes = new Map<Shard, number[]>();
    for (const leaf of leaves) {
      const { shard, index } = this.#shards.placeOf(leaf);
      const of = indexes.get(shard);
      if (of === undefined) indexes.set(shard, [index]);
      else of.push(index);
    }
    // The leaves come shard by shard, the newest first.
    const found = await Promise.all(
      [...indexes].map(async ([shard, of]) => (await shard.tree.heads(of)).map((head) => this.#hit(shard, head))),
    );
    return found.flat();
  }

  #hit(shard: Shard, { index, hash, integratedTime }: LeafHead): SearchHit {
    const id = entryId(shard.record.treeId, hash);
    return { id, logIndex: this.#shards.virtual(shard, index), integratedTime };
  }
}

function behind(covered: number, total: number): CountersignError {
  return new CountersignError(
    'ERR_INDEX_BEHIND',
    `the search index has ${covered} of ${total} entries; it is being made, try again later`,
    { details: { indexedTo: covered, treeSize: total } },
  );
}
