/** What an object is, which decides its media type and how long it may be cached. */
export type ObjectKind = 'checkpoint' | 'tile';

/**
 * Where a tree is published: files that others read, by a path as in C2SP tlog-tiles below the tree's own folder.
 * Paths are made of tree ids and numbers, never of what a client sent.
 *
 * Each operation rejects with whatever went wrong. Then it may have happened or not, now or later.
 */
export interface TileStore {
  /** What it is, in words for an operator. */
  readonly name: string;

  /** The bytes at a path, which are what the last write that resolved put there; undefined when there are none. */
  read(path: string, limit: number): Promise<Uint8Array | undefined>;

  /**
   * Puts bytes at a path, in place of what is there. Readers see one or the other, never a part. Resolves only when
   * they would survive the loss of power, and are what every later {@link read} gives.
   */
  write(path: string, bytes: Uint8Array, kind: ObjectKind): Promise<void>;

  /** Removes the partial tiles of all widths beside these full tiles. None need be there. */
  removePartials(paths: readonly string[]): Promise<void>;

  /** Breaks off what is under way, and releases everything. Every operation rejects from now on. */
  close(): void;
}

/** How long a reader, or a cache before it, may keep an object: a tile never changes, a checkpoint soon does. */
export const cacheControl: Readonly<Record<ObjectKind, string>> = {
  checkpoint: 'public, max-age=1',
  tile: 'public, max-age=31536000, immutable',
};

/** What C2SP tlog-tiles has served with each object. */
export const contentType: Readonly<Record<ObjectKind, string>> = {
  checkpoint: 'text/plain; charset=utf-8',
  tile: 'application/octet-stream',
};
