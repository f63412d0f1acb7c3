import {
  foldNodes,
  type Hash,
  type Node,
  nodeTile,
  planRoot,
  TileNodes,
  tileExtent,
  tileWidth,
} from '@countersign/merkle';
import { type FullTile, packTile } from './full-tile.ts';

/**
 * The right edge of a tree: the one partial tile of each level, with all that is needed to
 * append and to know the root. A value: {@link extend} makes a new one, so that a commit that
 * fails leaves nothing behind.
 */
export class RightEdge {
  /** The empty tree. */
  static readonly empty = new RightEdge(0, [TileNodes.from()]);

  readonly size: number;
  readonly #levels: readonly TileNodes[];
  /** The index of each level's partial tile. */
  readonly #tileIndexes: readonly number[];

  /** `levels` are the partial tiles of a tree of `size` leaves, lowest first. They belong to the edge now. */
  constructor(size: number, levels: readonly TileNodes[]) {
    this.size = size;
    this.#levels = levels;
    this.#tileIndexes = levels.map((_, level) => tileExtent(level, size).full);
  }

  /** The root of the tree. */
  root(): Hash {
    return foldNodes(
      planRoot(this.size).map((node) => {
        const hash = this.node(node);
        if (hash === undefined) throw new RangeError(`node ${node.level}/${node.index} is not on the right edge`);
        return hash;
      }),
    );
  }

  /** A complete node, when it lies in a partial tile. All others lie in full ones. */
  node(node: Node): Hash | undefined {
    const { tileLevel, tileIndex, row, column } = nodeTile(node);
    if (this.#tileIndexes[tileLevel] !== tileIndex) return undefined;
    return this.#levels[tileLevel]?.node(row, column);
  }

  /** The hashes of a level's partial tile, concatenated: the C2SP tile. Empty when the level has none. A view. */
  partialTile(level: number): Uint8Array {
    return this.#levels[level]?.hashes() ?? new Uint8Array(0);
  }

  /** The tree with more leaves, and the tiles that became full on the way. */
  extend(leaves: readonly Hash[]): { readonly edge: RightEdge; readonly full: readonly FullTile[] } {
    const levels = [...this.#levels];
    const own = new Set<number>();
    const full: FullTile[] = [];
    const indexes = [...this.#tileIndexes];

    const append = (level: number, hash: Hash): void => {
      let tile = levels[level] ?? TileNodes.from();
      if (!own.has(level)) tile = tile.copy();
      own.add(level);
      levels[level] = tile;
      tile.append(hash);
      if (tile.root === undefined) return;
      const index = indexes[level] ?? 0;
      full.push({ level, index, nodes: packTile(tile) });
      indexes[level] = index + 1;
      levels[level] = TileNodes.from();
      append(level + 1, tile.root);
    };

    for (const leaf of leaves) append(0, leaf);
    return { edge: new RightEdge(this.size + leaves.length, levels), full };
  }
}

/** The level above which a tree of `size` leaves has no tile with anything in it. */
export function topLevel(size: number): number {
  let level = 0;
  while (size >= tileWidth ** (level + 1)) level += 1;
  return level;
}
