import { type Hash, hashSize, TileNodes, tileHeight, tileWidth } from '@countersign/merkle';

/** A full tile of a tree, immutable for ever. */
export interface FullTile {
  /** 0 for the leaves' tiles. */
  readonly level: number;
  readonly index: number;
  /**
   * All 511 nodes: the 256 hashes of the lowest row (the C2SP tile), then the rows above, the root last.
   * The inner nodes cost 32 bytes an entry and save a proof from 255 hashes.
   */
  readonly nodes: Uint8Array;
}

/** Bytes of {@link FullTile.nodes}. */
export const fullTileBytes = (2 * tileWidth - 1) * hashSize;

/** Writes out the nodes of a full tile. */
export function packTile(tile: TileNodes): Uint8Array {
  const nodes = new Uint8Array(fullTileBytes);
  for (let row = 0, at = 0; row <= tileHeight; row += 1) {
    for (let column = 0; column < tileWidth >> row; column += 1, at += hashSize) {
      nodes.set(tile.node(row, column), at);
    }
  }
  return nodes;
}

/** Works a full tile's nodes out again from its lowest row; undefined when `nodes` is not what comes out. */
export function unpackTile(nodes: Uint8Array): TileNodes | undefined {
  if (nodes.length !== fullTileBytes) return undefined;
  const tile = TileNodes.from(nodes.subarray(0, tileWidth * hashSize));
  return Buffer.compare(packTile(tile), nodes) === 0 ? tile : undefined;
}

/** One node of a full tile: a view. */
export function packedNode(nodes: Uint8Array, row: number, column: number): Hash {
  const start = (2 * tileWidth - 2 * (tileWidth >> row) + column) * hashSize;
  return nodes.subarray(start, start + hashSize);
}
