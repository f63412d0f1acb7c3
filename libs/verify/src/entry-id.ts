import { malformed } from '@countersign/errors';
import { merkleLimits } from '@countersign/merkle';

/** What names an entry of a v1 log: the hash of its leaf, and, where known, the tree it stands in. */
export interface EntryId {
  /** 64 lower-case hex digits: the leaf hash. */
  readonly uuid: string;
  /** Decimal, 1 to 2^63-1. */
  readonly treeId: string | undefined;
}

/** Reads an entry id: a UUID (64 hex digits), or 80, the first 16 of which are the tree id. Throws `ERR_MALFORMED`. */
export function parseEntryId(text: string): EntryId {
  const [, tree, uuid] = /^([0-9a-f]{16})?([0-9a-f]{64})$/i.exec(text) ?? [];
  if (uuid === undefined) throw malformed('entry id', 'not 64 or 80 hex digits');
  if (tree === undefined) return { uuid: uuid.toLowerCase(), treeId: undefined };
  const treeId = BigInt(`0x${tree}`);
  if (treeId === 0n || treeId > merkleLimits.maxTreeId) throw malformed('entry id', 'the tree id is out of range');
  return { uuid: uuid.toLowerCase(), treeId: treeId.toString() };
}

/** Tells whether two ids can name the same entry: a tree id that only one of them has is not compared. */
export function sameEntry(a: EntryId, b: EntryId): boolean {
  return a.uuid === b.uuid && (a.treeId === undefined || b.treeId === undefined || a.treeId === b.treeId);
}
