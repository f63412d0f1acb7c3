import { type Hash, type Node, nodeTile, type ProofPlan } from '@countersign/merkle';
import { corrupt } from './corrupt.ts';
import { type FullTile, fullTileBytes, packedNode } from './full-tile.ts';
import type { RightEdge } from './right-edge.ts';
import type { TreeReader } from './storage.ts';

/** Reads nodes of one shard's tree: from the right edge, or from full tiles, the last used of which stay in memory. */
export class TileReader {
  readonly #storage: Pick<TreeReader, 'tile'>;
  readonly #shard: number;
  readonly #capacity: number;
  /** Last used last. */
  readonly #tiles = new Map<number, Uint8Array>();

  constructor(storage: Pick<TreeReader, 'tile'>, shard: number, capacity: number) {
    this.#storage = storage;
    this.#shard = shard;
    this.#capacity = capacity;
  }

  /** Keeps a tile that is durable and will be asked for soon. */
  add({ level, index, nodes }: FullTile): void {
    this.#keep(tileKey(level, index), nodes);
  }

  /**
   * A lookup that knows every node of `plan`, all complete in the tree whose edge is given.
   * Throws `ERR_TREE_CORRUPT` when a tile is missing.
   */
  async lookup(edge: RightEdge, plan: ProofPlan): Promise<(node: Node) => Hash> {
    // Held here, so that a small cache cannot lose one of them before the proof is made.
    const tiles = new Map<number, Uint8Array>();
    for (const nodes of plan) {
      for (const node of nodes) {
        if (edge.node(node) !== undefined) continue;
        const { tileLevel, tileIndex } = nodeTile(node);
        const key = tileKey(tileLevel, tileIndex);
        if (!tiles.has(key)) tiles.set(key, this.#cached(key) ?? (await this.#load(key, tileLevel, tileIndex)));
      }
    }
    return (node) => {
      const onEdge = edge.node(node);
      if (onEdge !== undefined) return onEdge;
      const { tileLevel, tileIndex, row, column } = nodeTile(node);
      const tile = tiles.get(tileKey(tileLevel, tileIndex));
      if (tile === undefined) throw new RangeError(`node ${node.level}/${node.index} is not part of the plan`);
      return packedNode(tile, row, column);
    };
  }

  #cached(key: number): Uint8Array | undefined {
    const nodes = this.#tiles.get(key);
    if (nodes !== undefined) this.#keep(key, nodes);
    return nodes;
  }

  async #load(key: number, level: number, index: number): Promise<Uint8Array> {
    const nodes = await this.#storage.tile(this.#shard, level, index);
    if (nodes?.length !== fullTileBytes) throw corrupt(this.#shard, `tile ${level}/${index} is missing or cut off`);
    this.#keep(key, nodes);
    return nodes;
  }

  #keep(key: number, nodes: Uint8Array): void {
    this.#tiles.delete(key);
    this.#tiles.set(key, nodes);
    if (this.#tiles.size <= this.#capacity) return;
    const [oldest] = this.#tiles.keys();
    if (oldest !== undefined) this.#tiles.delete(oldest);
  }
}

function tileKey(level: number, index: number): number {
  return level * 2 ** 40 + index;
}
