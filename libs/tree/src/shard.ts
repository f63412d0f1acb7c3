import { malformed } from '@countersign/errors';
import type { Hash, TreeSize } from '@countersign/merkle';
import { maxShardLeaves } from './limits.ts';

declare const indexBrand: unique symbol;

/**
 * The position of a leaf in its shard's tree, from 0. Not the virtual index of Rekor's v1 API,
 * which counts over all shards.
 */
export type ShardIndex = number & { readonly [indexBrand]: true };

/** Takes a number as an index. Throws `ERR_MALFORMED` unless it is an integer in [0, 2^40). */
export function shardIndex(value: number): ShardIndex {
  if (!Number.isSafeInteger(value) || value < 0 || value >= maxShardLeaves) throw malformed('shard index', `${value}`);
  return value as ShardIndex;
}

/** A shard: one tree with its identity, which is fixed when it is made. */
export interface ShardRecord {
  /** 1 to 8191; never used twice. */
  readonly id: number;
  /** What stands on the tree. */
  readonly kind: 'rekor-v1' | (string & {});
  /** Decimal, a positive signed 64-bit integer. */
  readonly treeId: string;
  /** The checkpoint's first line. */
  readonly origin: string;
  /** DER SubjectPublicKeyInfo of the key that signs. */
  readonly publicKey: Uint8Array;
  /** A frozen shard is read only. */
  readonly state: 'active' | 'frozen';
  /** Seconds since 1970. */
  readonly createdAt: number;
}

/** A tree as it stood after one commit: size, root and checkpoint always belong together. */
export interface Snapshot {
  readonly size: TreeSize;
  readonly root: Hash;
  /** The signed note. Durable before anybody sees it. */
  readonly checkpoint: string;
}
