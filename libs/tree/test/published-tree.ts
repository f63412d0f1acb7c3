import { decodeEntryBundle, leafHash, tileExtent, tilePath } from '@countersign/merkle';
import { naiveRootOfHashes, readCheckpoint, shard } from './fixture.ts';

/** Reads a published file; undefined when there is none. */
export type ReadPublished = (path: string) => Uint8Array | undefined;

/**
 * Verifies all that is published as a reader does who knows nothing but C2SP tlog-tiles: every tile of every level
 * against those below, every entry, and the root. Gives the size; undefined when there is no checkpoint.
 *
 * @param withoutBundle the bundles there are not, on purpose
 */
export function verifyPublished(read: ReadPublished, withoutBundle: readonly number[] = []): number | undefined {
  const checkpoint = read(`${shard.treeId}/checkpoint`);
  if (checkpoint === undefined) return undefined;
  const { size, root } = readCheckpoint(Buffer.from(checkpoint).toString());
  let below = leavesOf(read, size, withoutBundle);
  expect(Buffer.from(naiveRootOfHashes(below)).equals(root)).toBe(true);
  for (let level = 0; below.length > 0; level += 1) {
    const roots: Uint8Array[] = [];
    for (const { index, width } of tilesOf(level, size)) {
      const tile = resource(read, level, index, width).subarray(0, width * 32);
      const hashes = below.slice(index * 256, index * 256 + width);
      expect(Buffer.concat(hashes).equals(tile)).toBe(true);
      if (width === 256) roots.push(naiveRootOfHashes(hashes));
    }
    below = roots;
  }
  return size;
}

function leavesOf(read: ReadPublished, size: number, withoutBundle: readonly number[]): Uint8Array[] {
  return tilesOf(0, size).flatMap(({ index, width }) => {
    if (withoutBundle.includes(index)) {
      const tile = resource(read, 0, index, width);
      return Array.from({ length: width }, (_, at) => tile.subarray(at * 32, (at + 1) * 32));
    }
    return decodeEntryBundle(resource(read, 'entries', index, width))
      .slice(0, width)
      .map(leafHash);
  });
}

/** A partial one, or the full one in its place. */
function resource(read: ReadPublished, level: number | 'entries', index: number, width: number): Uint8Array {
  const [partial, full] = [tilePath(level, index, width), tilePath(level, index)];
  const bytes = read(`${shard.treeId}/${partial}`) ?? read(`${shard.treeId}/${full}`);
  if (bytes === undefined) throw new Error(`neither ${partial} nor ${full} is published`);
  return bytes;
}

function tilesOf(level: number, size: number): { readonly index: number; readonly width: number }[] {
  const { full, partial } = tileExtent(level, size);
  const tiles = Array.from({ length: full }, (_, index) => ({ index, width: 256 }));
  return partial === 0 ? tiles : [...tiles, { index: full, width: partial }];
}
