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
    throw rolledBack(shard, path, `has ${edge.size} entries, but a checkpoint of ${anchored.size} was signed`, {
      expected: anchored.size,
      found: edge.size,
    });
  }
  const root = await rootAt(anchored.size, edge, reader);
  if (equalBytes(root, anchored.root)) return;
  throw rolledBack(shard, path, `does not extend the checkpoint of ${anchored.size} entries that was signed`, {
    expected: toHex(anchored.root),
    found: toHex(root),
  });
}

/** The root of the tree at an earlier size, from what is stored. Throws `ERR_TREE_CORRUPT` when a tile is missing. */
export async function rootAt(size: number, edge: RightEdge, reader: TileReader): Promise<Hash> {
  const nodes = planRoot(size);
  const lookup = await reader.lookup(edge, [nodes]);
  return foldNodes(nodes.map(lookup));
}

function rolledBack(
  shard: number,
  path: string,
  what: string,
  details: { readonly expected: number | string; readonly found: number | string },
): CountersignError {
  return new CountersignError(
    'ERR_TREE_ROLLED_BACK',
    `shard ${shard}: the stored tree ${what} (expected ${details.expected}, found ${details.found}; see ${path}). ` +
      'The data is older than what clients have seen, or another history: signing on would fork the log. ' +
      'Restore the newest data. If it is lost for good, retire this shard and begin a new one.',
    { details: { shard, what: `the stored tree ${what}`, ...details } },
  );
}
