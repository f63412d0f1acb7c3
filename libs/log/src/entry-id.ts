import { fromHex, toHex } from '@countersign/encoding';
import { malformed } from '@countersign/errors';
import { type LeafHash, merkleLimits, toLeafHash } from '@countersign/merkle';

/** What a client may name an entry by: its UUID alone, or with the tree it stands in. */
export interface EntryName {
  /** The leaf hash, which upstream calls the UUID. */
  readonly leafHash: LeafHash;
  /** The tree, decimal as everywhere but in entry IDs; absent when only a UUID was given. */
  readonly treeId?: string;
}

const uuidLength = 64;
const namePattern = /^(?:[0-9a-f]{16})?[0-9a-f]{64}$/i;

/** Writes an entry ID: the tree id as 16 hex digits, then the leaf hash as 64. */
export function entryId(treeId: string, leafHash: LeafHash): string {
  return BigInt(treeId).toString(16).padStart(16, '0') + toHex(leafHash);
}

/**
 * Reads an entry ID (80 hex digits) or a UUID (64), in either case.
 *
 * @throws `ERR_MALFORMED` on any other text and on a tree id of 0 or above 2^63-1
 */
export function parseEntryName(text: string): EntryName {
  if (!namePattern.test(text)) throw malformed('entry ID', 'expected 64 or 80 hex digits');
  const leafHash = toLeafHash(fromHex(text.slice(-uuidLength)));
  if (text.length === uuidLength) return { leafHash };
  const treeId = BigInt(`0x${text.slice(0, -uuidLength)}`);
  if (treeId === 0n || treeId > merkleLimits.maxTreeId) {
    throw malformed('entry ID', `${text.slice(0, -uuidLength)} is not a tree id`);
  }
  return { leafHash, treeId: treeId.toString() };
}
