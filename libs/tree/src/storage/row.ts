import { crc32 } from 'node:zlib';
import type { LeafHash } from '@countersign/merkle';
import { corrupt } from '../corrupt.ts';
import { indexOfLeaf, type LeafId } from '../leaf-id.ts';
import type { ShardRecord } from '../shard.ts';
import type { StoredAttachment, StoredLeaf } from '../storage.ts';

/** A leaf's row as every database gives it. */
export interface LeafRow {
  readonly id: LeafId;
  readonly hash: Buffer;
  readonly integrated_time: number;
  readonly identity: Buffer | null;
  readonly annex: Buffer | null;
  readonly data: Buffer;
  readonly crc: number | null;
}

/** An attachment's row as every database gives it. */
export interface AttachmentRow {
  readonly id: LeafId;
  readonly bytes: Buffer;
  readonly crc: number;
}

/** A shard's row as every database gives it. */
export interface ShardRow {
  readonly id: number;
  readonly kind: string;
  readonly tree_id: string;
  readonly origin: string;
  readonly public_key: Buffer;
  readonly state: ShardRecord['state'];
  readonly created_at: number;
  readonly crc?: number | null;
}

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

const states: readonly string[] = ['active', 'frozen'];

/** The shard of a row. Throws `ERR_TREE_CORRUPT` when it is not as it was written. */
export function shardOf({ crc, ...row }: ShardRow): ShardRecord {
  const record: ShardRecord = {
    id: row.id,
    kind: row.kind,
    treeId: row.tree_id,
    origin: row.origin,
    publicKey: plain(row.public_key),
    state: row.state,
    createdAt: row.created_at,
  };
  if (!states.includes(record.state)) throw corrupt(record.id, `its state is ${JSON.stringify(record.state)}`);
  if (crc == null || crc === shardChecksum(record)) return record;
  throw corrupt(record.id, `its record (${record.kind}, ${record.origin}) does not have its checksum`);
}

/** The leaf of a row. */
export function leafOf(row: LeafRow): StoredLeaf {
  return {
    index: indexOfLeaf(row.id),
    hash: plain(row.hash) as LeafHash,
    data: plain(row.data),
    integratedTime: row.integrated_time,
    identity: row.identity === null ? undefined : plain(row.identity),
    annex: row.annex === null ? undefined : plain(row.annex),
    checksum: row.crc ?? undefined,
  };
}

/** The attachment of a row. */
export function attachmentOf({ id, bytes, crc }: AttachmentRow): StoredAttachment {
  return { index: indexOfLeaf(id), bytes: plain(bytes), checksum: crc };
}

/** The same bytes without Buffer's own methods, whose `slice` aliases. */
export function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}
