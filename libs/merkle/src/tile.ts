import { malformed } from '@countersign/errors';
import { maxTileLevel } from './limits.ts';
import type { Node } from './node.ts';
import { isCount, treeSize } from './size.ts';

/** Levels of the tree a tile covers (C2SP tlog-tiles). */
export const tileHeight = 8;

/** Hashes in the lowest row of a full tile. */
export const tileWidth = 256;

/** Where a node lies: in tile (`tileLevel`, `tileIndex`), `row` 0 to 7 counted from its lowest row, at `column`. */
export interface TileNode {
  readonly tileLevel: number;
  readonly tileIndex: number;
  readonly row: number;
  readonly column: number;
}

/** What a tile path names. `level` 'entries' is an entry bundle; `width` is {@link tileWidth} for a full tile. */
export interface TileAddress {
  readonly level: number | 'entries';
  readonly index: number;
  readonly width: number;
}

/** Where `node` lies. */
export function nodeTile({ level, index }: Node): TileNode {
  const row = level % tileHeight;
  const rowWidth = tileWidth / 2 ** row;
  return {
    tileLevel: (level - row) / tileHeight,
    tileIndex: Math.floor(index / rowWidth),
    row,
    column: index % rowWidth,
  };
}

/** How many full tiles a tree of `size` leaves has on `tileLevel`, and the width of the partial one after them (0: none). */
export function tileExtent(tileLevel: number, size: number): { readonly full: number; readonly partial: number } {
  const hashes = Math.floor(treeSize(size) / tileWidth ** tileLevel);
  return { full: Math.floor(hashes / tileWidth), partial: hashes % tileWidth };
}

/**
 * The path of a tile or entry bundle: `tile/<L>/<N>[.p/<W>]`, N in groups of three digits,
 * all but the last with an `x` before: `tile/0/x001/x234/067.p/8`.
 */
export function tilePath(level: number | 'entries', index: number, width: number = tileWidth): string {
  let path = String(index % 1000).padStart(3, '0');
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`;
  }
  return `tile/${level}/${path}${width === tileWidth ? '' : `.p/${width}`}`;
}

/** Reads what {@link tilePath} writes, and nothing else. Throws `ERR_MALFORMED`. */
export function parseTilePath(text: string): TileAddress {
  const match = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(text);
  const [, levelText, indexText, widthText] = match ?? [];
  if (levelText === undefined || indexText === undefined) throw malformed('tile path');
  const level = levelText === 'entries' ? levelText : Number(levelText);
  const index = Number(indexText.replaceAll(/[x/]/g, ''));
  const width = widthText === undefined ? tileWidth : Number(widthText);
  if (level !== 'entries' && level > maxTileLevel) throw malformed('tile path', 'level too high');
  if (!isCount(index)) throw malformed('tile path', 'index too large');
  if (widthText !== undefined && (width < 1 || width >= tileWidth)) throw malformed('tile path', 'width out of range');
  if (tilePath(level, index, width) !== text) throw malformed('tile path', 'not canonical');
  return { level, index, width };
}
