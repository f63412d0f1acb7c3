import { equalBytes, toHex } from '@countersign/encoding';
import { type Hash, leafHash, TileNodes, tileExtent, tileWidth } from '@countersign/merkle';
import { corrupt } from './corrupt.ts';
import { unpackTile } from './full-tile.ts';
import { checksumHolds } from './leaf-checksum.ts';
import { RightEdge, topLevel } from './right-edge.ts';
import type { Snapshot } from './shard.ts';
import type { StoredLeaf, TreeReader } from './storage.ts';
import { refuseUnfinishedCopy } from './unfinished-copy.ts';

/** Reads a checkpoint's note: verifies its signature and says what it signs. Throws when either cannot be done. */
export type ReadCheckpoint = (checkpoint: string) => { readonly size: number; readonly root: Uint8Array };

/** The part of storage that a tree is checked from. */
export type TreeReads = Pick<TreeReader, 'leaf' | 'leafHashes' | 'leaves' | 'tile'>;

/** A tree as found in storage and checked. */
export interface CheckedTree {
  readonly edge: RightEdge;
  /** The time of the last leaf, seconds since 1970; 0 for the empty tree. */
  readonly lastTime: number;
}

/**
 * Rebuilds the right edge of a stored tree and checks it on the way, in O(log n): the signed
 * checkpoint against its row, the leaves of the partial and of the last full tile against their
 * hashes, every tile that the edge is made from against its own inner nodes, the last full tiles
 * of all levels against each other, and the root against the checkpoint.
 *
 * @param isGrowing whether another process may commit meanwhile: leaves beyond the checkpoint are no fault then
 *
 * Throws `ERR_TREE_CORRUPT`; `ERR_STORAGE` when a copy into it was not finished.
 */
export async function checkTree(
  storage: TreeReads,
  shard: number,
  stored: Snapshot,
  readCheckpoint: ReadCheckpoint,
  isGrowing = false,
): Promise<CheckedTree> {
  checkCheckpoint(shard, stored, readCheckpoint);
  const check = new StartCheck(storage, shard, stored.size);
  const edge = await check.edge();
  if (!isGrowing) await check.noneBeyond();
  await check.lastFullTiles();
  const root = edge.root();
  if (!equalBytes(root, stored.root)) {
    throw corrupt(shard, `the leaves and tiles of the tree of size ${stored.size} do not lead to its signed root`, {
      expected: toHex(stored.root),
      found: toHex(root),
    });
  }
  return { edge, lastTime: await check.lastTime() };
}

/** The right edge of the tree at an earlier size, from the stored leaves and tiles. Throws `ERR_TREE_CORRUPT`. */
export function edgeAt(storage: TreeReads, shard: number, size: number): Promise<RightEdge> {
  return new StartCheck(storage, shard, size).edge();
}

/**
 * Checks a stored checkpoint's signature, and that it is about the stored size and root. Throws `ERR_TREE_CORRUPT`, and
 * `ERR_STORAGE` when it is that of a copy that was not finished.
 */
export function checkCheckpoint(shard: number, stored: Snapshot, readCheckpoint: ReadCheckpoint): void {
  refuseUnfinishedCopy(shard, stored.checkpoint);
  let signed: ReturnType<ReadCheckpoint>;
  try {
    signed = readCheckpoint(stored.checkpoint);
  } catch (cause) {
    throw corrupt(
      shard,
      `the stored checkpoint of size ${stored.size} is not one that this shard's key signed`,
      {},
      cause,
    );
  }
  if (signed.size === stored.size && equalBytes(signed.root, stored.root)) return;
  throw corrupt(shard, 'the stored checkpoint is not about the stored size and root', {
    expected: `${stored.size} ${toHex(stored.root)}`,
    found: `${signed.size} ${toHex(signed.root)}`,
  });
}

class StartCheck {
  readonly #storage: TreeReads;
  readonly #shard: number;
  readonly #size: number;

  constructor(storage: TreeReads, shard: number, size: number) {
    this.#storage = storage;
    this.#shard = shard;
    this.#size = size;
  }

  /** The partial tiles of all levels. */
  async edge(): Promise<RightEdge> {
    const levels = [await this.#openTile()];
    for (let level = 1; level <= topLevel(this.#size); level += 1) levels.push(await this.#partialTile(level));
    return new RightEdge(this.#size, levels);
  }

  async noneBeyond(): Promise<void> {
    const [beyond] = await this.#storage.leafHashes(this.#shard, this.#size, 1);
    if (beyond !== undefined) throw corrupt(this.#shard, `there is a leaf ${this.#size}, beyond the checkpoint's size`);
  }

  /** The partial tile of the leaves, from the leaves themselves. */
  async #openTile(): Promise<TileNodes> {
    const { full, partial } = tileExtent(0, this.#size);
    const tile = TileNodes.from();
    for (const leaf of await this.#leaves(full * tileWidth, partial)) tile.append(leaf.hash);
    return tile;
  }

  /** The partial tile of a level above the leaves, from the roots of the full tiles below it. */
  async #partialTile(level: number): Promise<TileNodes> {
    const { full, partial } = tileExtent(level, this.#size);
    const tile = TileNodes.from();
    for (let column = 0; column < partial; column += 1) {
      tile.append(rootOf(await this.#fullTile(level - 1, full * tileWidth + column)));
    }
    return tile;
  }

  /** The last full tile of each level: the lowest against its leaves, one that ends with the last full tile below against that. */
  async lastFullTiles(): Promise<void> {
    let below: TileNodes | undefined;
    for (let level = 0; level <= topLevel(this.#size); level += 1) {
      const { full, partial } = tileExtent(level, this.#size);
      if (full === 0) return;
      const tile = await this.#fullTile(level, full - 1);
      if (level === 0) await this.#checkLeavesOf(tile, full - 1);
      if (below !== undefined && partial === 0) {
        const what = `tile ${level}/${full - 1} does not end with the root of the last tile below it`;
        this.#expect(what, rootOf(below), tile.node(0, tileWidth - 1));
      }
      below = tile;
    }
  }

  /** Seconds since 1970 of the last leaf. */
  async lastTime(): Promise<number> {
    return this.#size === 0 ? 0 : ((await this.#storage.leaf(this.#shard, this.#size - 1))?.integratedTime ?? 0);
  }

  async #checkLeavesOf(tile: TileNodes, index: number): Promise<void> {
    const leaves = await this.#leaves(index * tileWidth, tileWidth);
    for (const [column, leaf] of leaves.entries()) {
      this.#expect(`tile 0/${index} does not have the hash of leaf ${leaf.index}`, leaf.hash, tile.node(0, column));
    }
  }

  async #leaves(from: number, count: number): Promise<readonly StoredLeaf[]> {
    if (count === 0) return [];
    const leaves = await this.#storage.leaves(this.#shard, from, count);
    for (let offset = 0; offset < count; offset += 1) {
      const leaf = leaves[offset];
      if (leaf?.index !== from + offset) throw corrupt(this.#shard, `leaf ${from + offset} is missing`);
      this.#expect(`the bytes of leaf ${leaf.index} do not have its hash`, leaf.hash, leafHash(leaf.data));
      if (!checksumHolds(this.#shard, leaf)) {
        throw corrupt(this.#shard, `time, identity or annex of leaf ${leaf.index} do not have their checksum`);
      }
    }
    return leaves;
  }

  async #fullTile(level: number, index: number): Promise<TileNodes> {
    const nodes = await this.#storage.tile(this.#shard, level, index);
    if (nodes === undefined) throw corrupt(this.#shard, `tile ${level}/${index} is missing`);
    const tile = unpackTile(nodes);
    if (tile === undefined)
      throw corrupt(this.#shard, `the inner nodes of tile ${level}/${index} do not follow from its hashes`);
    return tile;
  }

  #expect(what: string, expected: Hash, found: Hash): void {
    if (equalBytes(expected, found)) return;
    throw corrupt(this.#shard, what, { expected: toHex(expected), found: toHex(found) });
  }
}

function rootOf(tile: TileNodes): Hash {
  if (tile.root === undefined) throw new RangeError('the tile is not full');
  return tile.root;
}
