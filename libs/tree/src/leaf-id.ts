import { maxShardLeaves } from './limits.ts';
import type { ShardIndex } from './shard.ts';

declare const leafBrand: unique symbol;

/**
 * The position of a leaf among all shards of a storage in one number, `shard * 2^40 + index`: exact in a double,
 * and ordered as the shards are and their leaves in them.
 */
export type LeafId = number & { readonly [leafBrand]: true };

/** The id of a shard's leaf. The index may be the one past the last. */
export function leafId(shard: number, index: number): LeafId {
  return (shard * maxShardLeaves + index) as LeafId;
}

/** The shard a leaf is in. */
export function shardOfLeaf(id: LeafId): number {
  return Math.floor(id / maxShardLeaves);
}

/** Where in its shard a leaf is. */
export function indexOfLeaf(id: LeafId): ShardIndex {
  return (id % maxShardLeaves) as ShardIndex;
}
