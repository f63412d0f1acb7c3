import { equalBytes, toHex, utf8Decode, utf8Encode } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { hashSize, tileExtent, tilePath, tileWidth } from '@countersign/merkle';
import { type RightEdge, topLevel } from '../right-edge.ts';
import type { ReadCheckpoint } from '../start-check.ts';
import type { Tree } from '../tree.ts';
import type { PublishLimits } from './limits.ts';
import type { Slots } from './slots.ts';
import type { LongLeaf, TileSource } from './tile-source.ts';
import type { TileStore } from './tile-store.ts';

/** What a {@link TreePublication} stands on. */
export interface PublicationPorts {
  readonly tree: Pick<Tree, 'shard' | 'state' | 'rootAt'>;
  readonly source: TileSource;
  readonly store: TileStore;
  /** Verifies a published checkpoint, its origin too. */
  readonly readCheckpoint: ReadCheckpoint;
  readonly slots: Slots;
  readonly limits: Pick<PublishLimits, 'writesAtOnce' | 'checkpointBytes'>;
  /** Told of a bundle that there is not, each time it would have been written. */
  readonly onLongLeaf: (leaf: LongLeaf) => void;
}

/** What a store has of a tree. */
interface Published {
  /** The checkpoint; undefined when there is none. */
  readonly text: string | undefined;
  readonly size: number;
}

/**
 * One tree in one store, as C2SP tlog-tiles below a folder of its tree id.
 *
 * It promises: what the published checkpoint signs is published, tiles and bundles, at every moment and whichever
 * write fails; a checkpoint is one that this log has made durable before; and none takes the place of a larger one,
 * or of one that it does not extend. For that, everything is written before the checkpoint, and nothing that a
 * published checkpoint needs is ever written again.
 */
export class TreePublication {
  readonly #ports: PublicationPorts;
  /** Full tiles of level 0, with all that stands on them, that are written on top of `base`, while its successor is not. */
  #written: { readonly base: string | undefined; readonly tiles: number } | undefined;
  #size = 0;

  constructor(ports: PublicationPorts) {
    this.#ports = ports;
  }

  /** Leaves of the published tree, as far as is known. */
  get size(): number {
    return this.#size;
  }

  /**
   * Publishes the tree as it is now. Not to be called again before it has settled. When it rejects, the next call goes
   * on from there.
   *
   * @throws `ERR_TREE_ROLLED_BACK` when what is published is not of this tree; `ERR_TREE_CORRUPT`; what the store throws
   */
  async publish(): Promise<void> {
    const { snapshot, edge } = this.#ports.tree.state;
    const published = await this.#published(snapshot.size);
    this.#size = published.size;
    if (published.text !== undefined && published.size === snapshot.size) return;
    await this.#writeFull(published, snapshot.size);
    await this.#writePartial(published.size, edge);
    await this.#removeOutdated(published.size, snapshot.size);
    await this.#ports.store.write(this.#path('checkpoint'), utf8Encode(snapshot.checkpoint), 'checkpoint');
    this.#written = undefined;
    this.#size = snapshot.size;
  }

  /** Asked anew each time: whoever else writes there is found out, and a store that was emptied is filled. */
  async #published(ours: number): Promise<Published> {
    const { store, tree, readCheckpoint, limits } = this.#ports;
    const path = this.#path('checkpoint');
    const bytes = await store.read(path, limits.checkpointBytes);
    if (bytes === undefined) return { text: undefined, size: 0 };
    let text: string;
    let found: ReturnType<ReadCheckpoint>;
    try {
      text = utf8Decode(bytes);
      found = readCheckpoint(text);
    } catch (cause) {
      throw refuse(`${path} is no checkpoint of this shard`, cause);
    }
    if (found.size > ours) throw refuse(`${path} has ${found.size} entries, and the log has ${ours}`);
    const root = await tree.rootAt(found.size);
    if (equalBytes(root, found.root)) return { text, size: found.size };
    const [expected, wrong] = [toHex(root), toHex(found.root)];
    throw refuse(`${path} has another root at size ${found.size} (expected ${expected}, found ${wrong})`);
  }

  async #writeFull({ text: base, size: from }: Published, to: number): Promise<void> {
    if (this.#written === undefined || this.#written.base !== base) {
      this.#written = { base, tiles: tileExtent(0, from).full };
    }
    const end = tileExtent(0, to).full;
    while (this.#written.tiles < end) {
      const first: number = this.#written.tiles;
      const count = Math.min(this.#ports.limits.writesAtOnce, end - first);
      await all(Array.from({ length: count }, (_, offset) => this.#writeColumn(first + offset)));
      this.#written = { base, tiles: first + count };
    }
  }

  /** A full tile of level 0, its bundle, and the tiles above that it completes. */
  async #writeColumn(index: number): Promise<void> {
    const { source } = this.#ports;
    const writes = [this.#writeLeaves(index, () => source.tile(0, index))];
    for (let level = 1, above = index + 1; above % tileWidth === 0; level += 1) {
      above /= tileWidth;
      const column = above - 1;
      writes.push(this.#write(tilePath(level, column), () => source.tile(level, column)));
    }
    await all(writes);
  }

  /** The partial tiles of a tree, but for those that are the same in the published one: it needs them. */
  async #writePartial(from: number, edge: RightEdge): Promise<void> {
    const writes: Promise<void>[] = [];
    for (let level = 0; level <= topLevel(edge.size); level += 1) {
      const { full, partial } = tileExtent(level, edge.size);
      const before = tileExtent(level, from);
      if (partial === 0 || (full === before.full && partial === before.partial)) continue;
      const hashes = async () => edge.partialTile(level);
      writes.push(level === 0 ? this.#writeLeaves(full, hashes) : this.#write(tilePath(level, full, partial), hashes));
    }
    await all(writes);
  }

  /** A tile of level 0 and its bundle. */
  #writeLeaves(index: number, read: () => Promise<Uint8Array>): Promise<void> {
    const { source, slots, onLongLeaf } = this.#ports;
    return slots.run(async () => {
      const hashes = await read();
      const width = hashes.length / hashSize;
      const bundle = await source.bundle(index, hashes);
      if (bundle instanceof Uint8Array) await this.#put(tilePath('entries', index, width), bundle);
      else onLongLeaf(bundle);
      await this.#put(tilePath(0, index, width), hashes);
    });
  }

  #write(path: string, read: () => Promise<Uint8Array>): Promise<void> {
    return this.#ports.slots.run(async () => this.#put(path, await read()));
  }

  #put(path: string, bytes: Uint8Array): Promise<void> {
    return this.#ports.store.write(this.#path(path), bytes, 'tile');
  }

  /**
   * Removes the partial tiles of a full tile when the one after it is full: until then a reader of an older checkpoint
   * finds them, from then on it takes the full one, as C2SP tlog-tiles has it. Before the checkpoint, so that the
   * next try does it again if this one ends here.
   */
  async #removeOutdated(from: number, to: number): Promise<void> {
    const paths: string[] = [];
    for (let level = 0; level <= topLevel(from); level += 1) {
      // Only these two can have been partial, and not been cleared, when `from` was published.
      const { full } = tileExtent(level, from);
      for (const index of [full - 1, full]) {
        if (index < 0 || index + 2 > tileExtent(level, to).full) continue;
        paths.push(this.#path(tilePath(level, index)));
        if (level === 0) paths.push(this.#path(tilePath('entries', index)));
      }
    }
    if (paths.length > 0) await this.#ports.store.removePartials(paths);
  }

  #path(name: string): string {
    return `${this.#ports.tree.shard.treeId}/${name}`;
  }
}

/** Waits for all, so that nothing is under way any more when the first failure is thrown. */
async function all(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find(({ status }) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
}

function refuse(what: string, cause?: unknown): CountersignError {
  return new CountersignError(
    'ERR_TREE_ROLLED_BACK',
    `nothing is published: ${what}. Either another log publishes there, or this node's data are older than what was ` +
      'published: run `countersign fsck`. Publish to another place, or bring the newest data back',
    { cause },
  );
}
