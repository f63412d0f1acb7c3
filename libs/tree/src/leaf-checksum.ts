import { crc32 } from 'node:zlib';
import { type LeafId, leafId } from './leaf-id.ts';
import type { NewLeaf, StoredAttachment, StoredLeaf } from './storage.ts';

const head = new DataView(new ArrayBuffer(24));
const place = new DataView(new ArrayBuffer(8));

/**
 * The CRC-32 over what is kept beside a leaf's bytes: its place, time, identity and annex. The tree covers none of
 * these, so a bit that flips in them would change an entry's signed time and nobody could tell. It guards against
 * failing disks, not against people.
 */
export function leafChecksum(
  id: LeafId,
  { integratedTime, identity, annex }: Pick<NewLeaf, 'integratedTime' | 'identity' | 'annex'>,
): number {
  head.setFloat64(0, id);
  head.setFloat64(8, integratedTime);
  // What is missing is not what is empty.
  head.setInt32(16, identity?.length ?? -1);
  head.setInt32(20, annex?.length ?? -1);
  let sum = crc32(head);
  if (identity !== undefined) sum = crc32(identity, sum);
  if (annex !== undefined) sum = crc32(annex, sum);
  return sum;
}

/** Tells whether a leaf is as it was written; one without a checksum is taken as it is. */
export function checksumHolds(shard: number, leaf: StoredLeaf): boolean {
  return leaf.checksum === undefined || leaf.checksum === leafChecksum(leafId(shard, leaf.index), leaf);
}

/** The CRC-32 over a leaf's attachment and its place, for the same reason. */
export function attachmentChecksum(id: LeafId, bytes: Uint8Array): number {
  place.setFloat64(0, id);
  return crc32(bytes, crc32(place));
}

/** Tells whether an attachment is as it was written. */
export function attachmentHolds(shard: number, { index, bytes, checksum }: StoredAttachment): boolean {
  return checksum === attachmentChecksum(leafId(shard, index), bytes);
}
