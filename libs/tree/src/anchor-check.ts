import { equalBytes, toHex } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { foldNodes, type Hash, planRoot } from '@countersign/merkle';
import type { AnchorFile } from './anchor-file.ts';
import { corrupt } from './corrupt.ts';
import type { RightEdge } from './right-edge.ts';
import type { ReadCheckpoint } from './start-check.ts';
import type { TileReader } from './tile-reader.ts';

/** What the anchor file says was signed. */
export interface Anchored {
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * Reads the anchor; undefined when there is none. Throws `ERR_TREE_CORRUPT` when there is a file
 * that is not a checkpoint of this shard: what was signed is then unknown, and signing on would be a guess.
 */
export async function readAnchor(
  anchor: Pick<AnchorFile, 'path' | 'read'>,
  shard: number,
  readCheckpoint: ReadCheckpoint,
): Promise<Anchored | undefined> {
  const text = await anchor.read();
  if (text === undefined) return undefined;
  try {
    return readCheckpoint(text);
  } catch (cause) {
    throw corrupt(shard, `the anchor file ${anchor.path} is not a checkpoint that this shard's key signed`, {}, cause);
  }
}

/**
 * Checks that a tree extends its anchor. Throws `ERR_TREE_ROLLED_BACK` when it is smaller, or had
 * another root at the anchor's size.
 */
export async function checkAnchor(
  anchored: Anchored,
  shard: number,
  path: string,
  edge: RightEdge,
  reader: TileReader,
): Promise<void> {
  if (edge.size < anchored.size) {
    const what = `has ${edge.size} entries, but a checkpoint of ${anchored.size} was signed`;
    throw rolledBack(shard, what, { expected: anchored.size, found: edge.size }, path);
  }
  const root = await rootAt(anchored.size, edge, reader);
  if (equalBytes(root, anchored.root)) return;
  const what = `does not extend the checkpoint of ${anchored.size} entries that was signed`;
  throw rolledBack(shard, what, { expected: toHex(anchored.root), found: toHex(root) }, path);
}

/** The root of the tree at an earlier size, from what is stored. Throws `ERR_TREE_CORRUPT` when a tile is missing. */
export async function rootAt(size: number, edge: RightEdge, reader: TileReader): Promise<Hash> {
  const nodes = planRoot(size);
  const lookup = await reader.lookup(edge, [nodes]);
  return foldNodes(nodes.map(lookup));
}

/**
 * The refusal to go on with a stored tree that is not the one that was signed.
 *
 * @param path of the anchor file that says so; absent when this process has seen it itself
 */
export function rolledBack(
  shard: number,
  what: string,
  details: { readonly expected: number | string; readonly found: number | string },
  path?: string,
): CountersignError {
  const evidence = path === undefined ? '' : `; see ${path}`;
  return new CountersignError(
    'ERR_TREE_ROLLED_BACK',
    `shard ${shard}: the stored tree ${what} (expected ${details.expected}, found ${details.found}${evidence}). ` +
      'The data is older than what clients have seen, or another history: signing on would fork the log. ' +
      'Restore the newest data. If it is lost for good, retire this shard and begin a new one.',
    { details: { shard, what: `the stored tree ${what}`, ...details } },
  );
}
