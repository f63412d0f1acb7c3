import { CountersignError, hasCode } from '@countersign/errors';
import {
  type AppendRequest,
  indexOfLeaf,
  type LeafId,
  leafId,
  type ShardIndex,
  type ShardRecord,
  shardOfLeaf,
} from '@countersign/tree';
import { type VirtualIndex, virtualIndex } from './indexes.ts';
import { openShard, type Shard, type ShardPlace } from './shard.ts';
import type { Placed, Uploads } from './uploads.ts';

/**
 * The shards of one log, oldest first. All but the last are frozen, so the virtual index
 * of an entry never changes: the lengths of the shards before its own, and its index there.
 */
export class Shards implements Uploads {
  /** Why the log takes no more entries, after a change of its shards that went wrong half-way. */
  doubt: CountersignError | undefined;
  readonly #oldestFirst: Shard[] = [];
  readonly #offsets = new Map<Shard, number>();
  readonly #byTreeId = new Map<string, Shard>();

  /** @throws `ERR_STORAGE` when there is none, or one that is not the newest is not frozen */
  constructor(oldestFirst: readonly Shard[]) {
    if (oldestFirst.length === 0) throw new CountersignError('ERR_STORAGE', 'the log has no shard');
    const open = oldestFirst.slice(0, -1).find(({ tree }) => !tree.frozen);
    if (open !== undefined) {
      throw new CountersignError('ERR_STORAGE', `shard ${open.record.treeId} is not the newest and not frozen`);
    }
    for (const shard of oldestFirst) this.add(shard);
  }

  /**
   * Opens the shards of these records, the oldest first.
   *
   * @throws what the constructor and {@link openShard} refuse with
   */
  static async open(records: readonly ShardRecord[], place: ShardPlace): Promise<Shards> {
    const shards: Shard[] = [];
    // One after the other: each checks its tree, and the message of the first that fails is the one to read.
    for (const record of records) shards.push(await openShard(record, place));
    return new Shards(shards);
  }

  /** Adds a shard, which is the active one from now on. The one before takes no more entries. Throws when it is there already. */
  add(shard: Shard): void {
    // Twice, every index over all shards would be wrong from here on, and signed.
    if (this.#byTreeId.has(shard.record.treeId)) throw new RangeError(`shard ${shard.record.treeId} is there already`);
    const before = this.#oldestFirst.at(-1);
    this.#offsets.set(shard, before === undefined ? 0 : this.#offsetOf(before) + before.tree.snapshot.size);
    this.#byTreeId.set(shard.record.treeId, shard);
    this.#oldestFirst.push(shard);
  }

  /**
   * Appends to the active shard; to the one after it when that has taken its place meanwhile.
   *
   * Rejects as {@link Uploads.append} does.
   */
  async append(request: AppendRequest): Promise<Placed> {
    for (;;) {
      const shard = this.active;
      try {
        return [shard, await shard.tree.append(request)];
      } catch (error) {
        if (!hasCode(error, 'ERR_SHARD_FROZEN')) throw error;
        if (shard === this.active) throw this.doubt ?? error;
      }
    }
  }

  /** Why the active shard takes no more entries, unless it is frozen. */
  get failure(): CountersignError | undefined {
    return this.doubt ?? this.active.tree.failure;
  }

  /** The newest shard: the one that takes uploads, unless it is frozen too. */
  get active(): Shard {
    return this.#oldestFirst.at(-1) as Shard;
  }

  /** Takes no more uploads, and resolves when every accepted one is durable and answered. */
  async close(): Promise<void> {
    await Promise.all(this.#oldestFirst.map(({ tree }) => tree.drain()));
  }

  /** The shards that take no more uploads, oldest first. */
  get inactive(): readonly Shard[] {
    return this.#oldestFirst.slice(0, -1);
  }

  /** In the order a bare UUID is searched: the active shard, then the others from the oldest. */
  get activeFirst(): readonly Shard[] {
    return [this.active, ...this.inactive];
  }

  /** The shard whose tree has this decimal id. */
  byTreeId(treeId: string): Shard | undefined {
    return this.#byTreeId.get(treeId);
  }

  /** Every shard, the oldest first. */
  get all(): readonly Shard[] {
    return this.#oldestFirst;
  }

  /** The position over all shards of an entry of `shard`. */
  virtual(shard: Shard, index: ShardIndex): VirtualIndex {
    return virtualIndex(this.#offsetOf(shard) + index);
  }

  /** Where a virtual index points; the index may lie beyond the active shard's end. */
  locate(index: VirtualIndex): { readonly shard: Shard; readonly index: ShardIndex } {
    // The newest shard is asked for most; its offset is the largest.
    const shard = this.#oldestFirst.findLast((candidate) => this.#offsetOf(candidate) <= index) ?? this.active;
    return { shard, index: (index - this.#offsetOf(shard)) as ShardIndex };
  }

  /** The shard a leaf is in, and its position over all of them. */
  placeOf(leaf: LeafId): { readonly shard: Shard; readonly index: ShardIndex; readonly logIndex: VirtualIndex } {
    const shard = this.#oldestFirst.find(({ record }) => record.id === shardOfLeaf(leaf));
    if (shard === undefined) throw new RangeError(`leaf ${leaf} is of no shard of this log`);
    const index = indexOfLeaf(leaf);
    return { shard, index, logIndex: this.virtual(shard, index) };
  }

  /** The leaf at a position over all shards; beyond the end the one that will be there. */
  leafAt(logIndex: VirtualIndex): LeafId {
    const { shard, index } = this.locate(logIndex);
    return leafId(shard.record.id, index);
  }

  #offsetOf(shard: Shard): number {
    return this.#offsets.get(shard) ?? 0;
  }
}
