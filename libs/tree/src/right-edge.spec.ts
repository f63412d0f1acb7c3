import { type Hash, leafHash } from '@countersign/merkle';
import fc from 'fast-check';
import { leafData, naiveRoot } from '../test/fixture.ts';
import { type FullTile, fullTileBytes, packedNode, unpackTile } from './full-tile.ts';
import { RightEdge, topLevel } from './right-edge.ts';

function leaves(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, n) => leafData(n));
}

function hashes(data: readonly Uint8Array[]): Hash[] {
  return data.map((leaf) => leafHash(leaf));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

describe('the right edge', () => {
  it.each([0, 1, 2, 255, 256, 257, 511, 512, 513])('has the naive root at size %i', (size) => {
    const data = leaves(size);
    const { edge, full } = RightEdge.empty.extend(hashes(data));
    expect(edge.size).toBe(size);
    expect(hex(edge.root())).toBe(hex(naiveRoot(data)));
    expect(full.map(({ level, index }) => [level, index])).toEqual(
      Array.from({ length: Math.floor(size / 256) }, (_, index) => [0, index]),
    );
  });

  it('is the same however the leaves were split, and leaves the edges before it as they were', () => {
    const data = leaves(700);
    const all = hashes(data);
    const whole = RightEdge.empty.extend(all);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 699 }), { minLength: 1, maxLength: 5 }), (cuts) => {
        const at = [0, ...[...new Set(cuts)].sort((a, b) => a - b), 700];
        const full: FullTile[] = [];
        const edges = [RightEdge.empty];
        for (const [step, from] of at.slice(0, -1).entries()) {
          const grown = (edges.at(-1) ?? RightEdge.empty).extend(all.slice(from, at[step + 1]));
          edges.push(grown.edge);
          full.push(...grown.full);
        }
        expect(edges.map((edge) => hex(edge.root()))).toEqual(at.map((size) => hex(naiveRoot(data.slice(0, size)))));
        expect(full).toEqual(whole.full);
      }),
      { numRuns: 20 },
    );
  });

  it('fills tiles of the level above at 65536 leaves', () => {
    const all = Array.from({ length: 65_536 }, (_, n) => leafHash(leafData(n)));
    const before = RightEdge.empty.extend(all.slice(0, 65_535));
    expect(before.full).toHaveLength(255);
    const { edge, full } = before.edge.extend(all.slice(65_535));
    expect(full.map(({ level, index }) => [level, index])).toEqual([
      [0, 255],
      [1, 0],
    ]);
    const top = full[1];
    expect(top && hex(packedNode(top.nodes, 8, 0))).toBe(hex(edge.root()));
    expect(edge.node({ level: 0, index: 65_535 })).toBeUndefined();
    expect(edge.node({ level: 16, index: 0 })).toEqual(edge.root());
    expect([0, 255, 256, 65_535, 65_536].map(topLevel)).toEqual([0, 0, 1, 1, 2]);
  });
});

describe('a full tile', () => {
  const [tile] = RightEdge.empty.extend(hashes(leaves(256))).full;

  it('is 511 hashes, the leaves first and the root last', () => {
    expect(tile?.nodes).toHaveLength(fullTileBytes);
    expect(tile && hex(packedNode(tile.nodes, 0, 17))).toBe(hex(leafHash(leafData(17))));
    expect(tile && hex(packedNode(tile.nodes, 8, 0))).toBe(hex(naiveRoot(leaves(256))));
  });

  it('is refused when any byte of it was flipped', () => {
    if (tile === undefined) throw new Error('no tile');
    expect(unpackTile(tile.nodes)?.root).toEqual(packedNode(tile.nodes, 8, 0));
    expect(unpackTile(tile.nodes.subarray(1))).toBeUndefined();
    for (let at = 0; at < fullTileBytes; at += 97) {
      const flipped = tile.nodes.slice();
      flipped[at] = (flipped[at] ?? 0) ^ 1;
      expect(unpackTile(flipped)).toBeUndefined();
    }
  });
});
