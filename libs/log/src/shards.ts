import { CountersignError } from '@countersign/errors';
import { indexOfLeaf, type LeafId, leafId, type ShardIndex, shardOfLeaf } from '@countersign/tree';
import { type VirtualIndex, virtualIndex } from './indexes.ts';
import type { Shard } from './shard.ts';

/**
 * The shards of one log, oldest first. All but the last are frozen, so the virtual index
 * of an entry never changes: the lengths of the shards before its own, and its index there.
 */
export class Shards {
  /** The shard that takes uploads: the newest. */
  readonly active: Shard;
  readonly #oldestFirst: readonly Shard[];
  readonly #offsets = new Map<Shard, number>();
  readonly #byTreeId = new Map<string, Shard>();

  /** @throws `ERR_STORAGE` when there is none, or one that is not the newest is not frozen */
  constructor(oldestFirst: readonly Shard[]) {
    const active = oldestFirst.at(-1);
    if (active === undefined) throw new CountersignError('ERR_STORAGE', 'the log has no shard');
    this.active = active;
    this.#oldestFirst = oldestFirst;
    let offset = 0;
    for (const shard of oldestFirst) {
      if (shard !== active && shard.record.state !== 'frozen') {
        throw new CountersignError('ERR_STORAGE', `shard ${shard.record.treeId} is not the newest and not frozen`);
      }
      this.#offsets.set(shard, offset);
      this.#byTreeId.set(shard.record.treeId, shard);
      offset += shard.tree.snapshot.size;
    }
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
    return virtualIndex((this.#offsets.get(shard) ?? 0) + index);
  }

  /** Where a virtual index points; the index may lie beyond the active shard's end. */
  locate(index: VirtualIndex): { readonly shard: Shard; readonly index: ShardIndex } {
    // The newest shard is asked for most; its offset is the largest.
    const shard =
      this.#oldestFirst.findLast((candidate) => (this.#offsets.get(candidate) ?? 0) <= index) ?? this.active;
    return { shard, index: (index - (this.#offsets.get(shard) ?? 0)) as ShardIndex };
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
}
