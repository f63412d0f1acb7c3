import { crc32 } from 'node:zlib';
import type { ShardRecord } from '../shard.ts';

/** The key of a tile. A shard's 2^40 leaves have tiles on levels 0 to 4, at most 2^32 on one. */
export function tileId(shard: number, level: number, index: number): number {
  return shard * 2 ** 35 + level * 2 ** 32 + index;
}

/** What of an identity is indexed. */
export function identityKey(identity: Uint8Array): Uint8Array {
  return identity.subarray(0, 16);
}

/** The CRC-32 over all that never changes in a shard's row. */
export function shardChecksum({ id, kind, treeId, origin, publicKey, createdAt }: Omit<ShardRecord, 'state'>): number {
  return crc32(publicKey, crc32(JSON.stringify([id, kind, treeId, origin, createdAt])));
}
