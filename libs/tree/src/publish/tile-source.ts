import { setImmediate } from 'node:timers/promises';
import { equalBytes, toHex } from '@countersign/encoding';
import { encodeEntryBundle, hashSize, leafHash, merkleLimits, tileWidth } from '@countersign/merkle';
import { corrupt } from '../corrupt.ts';
import { unpackTile } from '../full-tile.ts';
import type { TreeReader } from '../storage.ts';

/** A leaf that no entry bundle can hold. */
export interface LongLeaf {
  readonly index: number;
  /** Bytes. */
  readonly length: number;
}

/** Makes C2SP tiles and entry bundles of what is stored. Nothing comes out that does not hold together. */
export class TileSource {
  readonly #storage: Pick<TreeReader, 'leaves' | 'tile'>;
  readonly #shard: number;
  readonly #leavesAtOnce: number;

  constructor(storage: Pick<TreeReader, 'leaves' | 'tile'>, shard: number, leavesAtOnce: number) {
    this.#storage = storage;
    this.#shard = shard;
    this.#leavesAtOnce = leavesAtOnce;
  }

  /** The 256 hashes of a full tile, concatenated. Throws `ERR_TREE_CORRUPT`. */
  async tile(level: number, index: number): Promise<Uint8Array> {
    const nodes = await this.#storage.tile(this.#shard, level, index);
    const tile = nodes && unpackTile(nodes);
    if (tile === undefined) throw corrupt(this.#shard, `tile ${level}/${index} is missing, or its nodes contradict it`);
    return tile.hashes();
  }

  /**
   * The bundle beside a tile of level 0, whose hashes these are; or the leaf for which there is none, since the
   * format has two bytes for a length.
   *
   * Throws `ERR_TREE_CORRUPT` when a leaf is not what the tile says.
   */
  async bundle(index: number, hashes: Uint8Array): Promise<Uint8Array | LongLeaf> {
    const [first, width] = [index * tileWidth, hashes.length / hashSize];
    const entries: Uint8Array[] = [];
    while (entries.length < width) {
      const count = Math.min(this.#leavesAtOnce, width - entries.length);
      const leaves = await this.#storage.leaves(this.#shard, first + entries.length, count);
      if (leaves.length !== count) throw corrupt(this.#shard, `leaves of bundle ${index} are missing`);
      for (const { index: at, data } of leaves) {
        if (data.length > merkleLimits.maxBundleEntryBytes) return { index: at, length: data.length };
        const column = entries.push(data) - 1;
        const [expected, found] = [hashes.subarray(column * hashSize, (column + 1) * hashSize), leafHash(data)];
        if (!equalBytes(expected, found)) {
          const what = `the bytes of leaf ${at} do not have the hash in tile 0/${index}`;
          throw corrupt(this.#shard, what, { expected: toHex(expected), found: toHex(found) });
        }
      }
      // SQLite answers at once: without a pause nothing else would run until the bundle is made.
      await setImmediate();
    }
    return encodeEntryBundle(entries);
  }
}
