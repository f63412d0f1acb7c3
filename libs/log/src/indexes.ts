declare const virtualBrand: unique symbol;

/**
 * The position of an entry over all shards of a log, oldest shard first: the outer
 * `logIndex` of an entry and what its SET covers. Told apart by type from
 * `ShardIndex`, the position inside one Merkle tree, which proofs speak of.
 */
export type VirtualIndex = number & { readonly [virtualBrand]: true };

/** Takes a number as a virtual index. The caller has checked that it is an integer of 0 or more. */
export function virtualIndex(value: number): VirtualIndex {
  return value as VirtualIndex;
}
