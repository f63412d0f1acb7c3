import { equalBytes } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { type LeafId, leafId, type TreeReader } from '@countersign/tree';
import { parseAnnex } from './annex.ts';
import { searchLimits } from './limits.ts';
import { searchKeys } from './search-key.ts';
import { type IndexedShard, IndexWriter } from './storage/index-writer.ts';

/** A shard that is indexed, and how many leaves it has. */
export interface IndexShard {
  readonly id: number;
  /** Decimal. */
  readonly treeId: string;
  readonly size: number;
}

/** What one step of an {@link Indexer} did. */
export interface Advance {
  /** Leaves of the shard that are indexed now. */
  readonly size: number;
  /** Keys that were added, counted before equal ones of a leaf are put together. */
  readonly keys: number;
  /** Leaves whose annex is no annex: they are found by nothing. */
  readonly unreadable: number;
}

/** Writes an index from the log it belongs to. */
export class Indexer {
  readonly #log: TreeReader;
  readonly #writer: IndexWriter;
  readonly #sizes: Map<number, number>;

  /** @param path of the index, made when it is not there; must be of this log: see {@link checkIndexed} */
  constructor(log: TreeReader, path: string) {
    this.#log = log;
    this.#writer = new IndexWriter(path);
    this.#sizes = new Map(this.#writer.indexed().map(({ shard, size }) => [shard, size]));
  }

  /** How far each shard is indexed. */
  indexed(): readonly IndexedShard[] {
    return this.#writer.indexed();
  }

  /** Indexes the next leaves of a shard, at most one batch, in one transaction. */
  async advance({ id, treeId, size: to }: IndexShard, batchLeaves: number): Promise<Advance> {
    const first = this.#sizes.get(id) ?? 0;
    const leaves = await this.#log.annexes(id, first, Math.min(batchLeaves, to - first), searchLimits.batchBytes);
    const size = first + leaves.length;
    const [lastHash] = await this.#log.leafHashes(id, size - 1, 1);
    if (leaves.length === 0 || lastHash === undefined) {
      throw new CountersignError('ERR_STORAGE', `the log has no leaf ${first} in shard ${id}, to be indexed`);
    }
    let unreadable = 0;
    const rows = leaves.flatMap(({ index, annex }) => {
      const keys = readKeys(annex);
      if (keys === undefined) unreadable += 1;
      return (keys ?? []).map((key): [string, LeafId] => [key, leafId(id, index)]);
    });
    // In their order, one after the other into the same pages.
    rows.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
    this.#writer.add({ shard: id, treeId, first, size, lastHash, rows });
    this.#sizes.set(id, size);
    return { size, keys: rows.length, unreadable };
  }

  close(): void {
    this.#writer.close();
  }
}

/** The keys an annex says an entry is found by; `undefined` when it is none. */
export function readKeys(annex: Uint8Array | undefined): readonly string[] | undefined {
  try {
    return searchKeys(parseAnnex(annex));
  } catch {
    return undefined;
  }
}

/**
 * Tells why an index is not one of these shards: it knows another tree, or leaves that the tree does not have.
 * `undefined` when it is.
 */
export async function checkIndexed(
  indexed: readonly IndexedShard[],
  shards: readonly IndexShard[],
  log: TreeReader,
): Promise<string | undefined> {
  for (const { shard, treeId, size, lastHash } of indexed) {
    const known = shards.find(({ id }) => id === shard);
    if (known === undefined || known.treeId !== treeId) return `it is of tree ${treeId}, which is not here`;
    if (size > known.size) return `it has ${size} entries of tree ${treeId}, the tree has ${known.size}`;
    const [hash] = await log.leafHashes(shard, size - 1, 1);
    if (hash === undefined || !equalBytes(hash, lastHash)) return `entry ${size - 1} of tree ${treeId} is another one`;
  }
  return undefined;
}
