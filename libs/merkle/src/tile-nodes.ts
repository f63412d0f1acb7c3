import { malformed } from '@countersign/errors';
import { type Hash, hashSize, nodeHashWithin } from './hash.ts';
import { isCount } from './size.ts';
import { tileHeight, tileWidth } from './tile.ts';

/** 256 + 128 + … + 1: every node of a full tile, its root included. */
const capacity = 2 * tileWidth - 1;

/** Where each row starts, counted in hashes. */
const rowStart = Array.from({ length: tileHeight + 1 }, (_, row) => 2 * tileWidth - 2 * (tileWidth >> row));

/**
 * A tile with every complete inner node over its hashes worked out, so that a proof reads
 * nodes instead of hashing. Append only: a node that is there never changes, which is why
 * the views handed out stay true. Callers must not write to them.
 */
export class TileNodes {
  readonly #nodes: Uint8Array;
  /** The same memory, to write into. What is handed out is no Buffer, whose `slice` would not copy. */
  readonly #buffer: Buffer;
  #width = 0;

  private constructor(nodes: Uint8Array<ArrayBuffer>) {
    this.#nodes = nodes;
    this.#buffer = Buffer.from(nodes.buffer);
  }

  /**
   * Expands a tile as stored: its lowest row's hashes, concatenated; none for a new tile.
   * Throws `ERR_MALFORMED` unless it is 0 to 256 whole hashes.
   */
  static from(hashes: Uint8Array = new Uint8Array(0)): TileNodes {
    if (hashes.length % hashSize !== 0 || hashes.length > tileWidth * hashSize) {
      throw malformed('tile', `${hashes.length} bytes are not 0 to ${tileWidth} hashes`);
    }
    const tile = new TileNodes(new Uint8Array(capacity * hashSize));
    for (let at = 0; at < hashes.length; at += hashSize) tile.append(hashes.subarray(at, at + hashSize));
    return tile;
  }

  /** Hashes in the lowest row, 0 to 256. */
  get width(): number {
    return this.#width;
  }

  /** The tile's root, once it is full: the hash to append to the tile above. */
  get root(): Hash | undefined {
    return this.#width === tileWidth ? this.node(tileHeight, 0) : undefined;
  }

  /** Adds a hash to the lowest row. Throws `RangeError` when the tile is full or `hash` is not 32 bytes. */
  append(hash: Hash): void {
    if (this.#width === tileWidth) throw new RangeError('the tile is full');
    if (hash.length !== hashSize) throw new RangeError('not a hash');
    let column = this.#width;
    this.#nodes.set(hash, column * hashSize);
    this.#width += 1;
    for (let row = 0; column % 2 === 1; row += 1) {
      const pair = (at(row, column) - 1) * hashSize;
      column = (column - 1) / 2;
      nodeHashWithin(this.#buffer, pair, at(row + 1, column) * hashSize);
    }
  }

  /** The node at `row` (0 lowest, 8 the root) and `column`: a view. Throws `RangeError` unless it is complete. */
  node(row: number, column: number): Hash {
    const first = rowStart[row];
    if (first === undefined || !isCount(column) || (column + 1) * 2 ** row > this.#width) {
      throw new RangeError(`no node at row ${row}, column ${column} in a tile of width ${this.#width}`);
    }
    const start = (first + column) * hashSize;
    return this.#nodes.subarray(start, start + hashSize);
  }

  /** The lowest row, concatenated: the tile as stored and served. A view. */
  hashes(): Uint8Array {
    return this.#nodes.subarray(0, this.#width * hashSize);
  }

  /** A tile with the same nodes that grows apart from this one. */
  copy(): TileNodes {
    const tile = new TileNodes(new Uint8Array(this.#nodes));
    tile.#width = this.#width;
    return tile;
  }
}

function at(row: number, column: number): number {
  return (rowStart[row] ?? 0) + column;
}
