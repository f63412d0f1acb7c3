import { toHex } from '@countersign/encoding';
import { type Hash, leafHash, nodeHash } from './hash.ts';
import { TileNodes } from './tile-nodes.ts';

const hashes = Array.from({ length: 256 }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));

/** The node at `row` and `column`, from its leaves. */
function naive(row: number, column: number): Hash {
  if (row > 0) return nodeHash(naive(row - 1, 2 * column), naive(row - 1, 2 * column + 1));
  const hash = hashes[column];
  if (hash === undefined) throw new Error(`no leaf ${column}`);
  return hash;
}

describe('an expanded tile', () => {
  it.each([0, 1, 2, 3, 7, 8, 100, 255, 256])('of width %i holds exactly its complete nodes', (width) => {
    const tile = TileNodes.from(Buffer.concat(hashes.slice(0, width)));
    expect(tile.width).toBe(width);
    expect(toHex(tile.hashes())).toBe(toHex(Buffer.concat(hashes.slice(0, width))));
    for (let row = 0; row <= 8; row += 1) {
      const complete = width >> row;
      for (let column = 0; column < complete; column += 1) {
        if (toHex(tile.node(row, column)) !== toHex(naive(row, column))) throw new Error(`node ${row} ${column}`);
      }
      expect(() => tile.node(row, complete)).toThrow(RangeError);
    }
  });

  it('grows to a full tile with a root', () => {
    const tile = TileNodes.from();
    for (const hash of hashes) {
      expect(tile.root).toBeUndefined();
      tile.append(hash);
    }
    expect(toHex(tile.root ?? new Uint8Array(0))).toBe(toHex(naive(8, 0)));
    expect(() => tile.append(naive(0, 0))).toThrow(RangeError);
  });

  it('hands out views that later hashes do not change', () => {
    const tile = TileNodes.from();
    tile.append(naive(0, 0));
    const [row, node] = [tile.hashes(), tile.node(0, 0)];
    tile.append(naive(0, 1));
    expect(row).toHaveLength(32);
    expect(toHex(node)).toBe(toHex(naive(0, 0)));
    expect(node).not.toBeInstanceOf(Buffer);
  });

  it('copies: neither grows with the other', () => {
    const tile = TileNodes.from(Buffer.concat(hashes.slice(0, 3)));
    const copy = tile.copy();
    copy.append(naive(0, 3));
    tile.append(naive(0, 7));
    expect(toHex(copy.node(2, 0))).toBe(toHex(naive(2, 0)));
    expect(toHex(tile.node(0, 3))).toBe(toHex(naive(0, 7)));
    expect([tile.width, copy.width]).toEqual([4, 4]);
  });

  it('does not keep the memory it was made from', () => {
    const stored = new Uint8Array(Buffer.concat(hashes.slice(0, 2)));
    const tile = TileNodes.from(stored);
    stored.fill(0);
    expect(toHex(tile.hashes())).toBe(toHex(Buffer.concat(hashes.slice(0, 2))));
  });

  it.each([1, 31, 33, 257 * 32, 256 * 32 + 1])('refuses %i bytes as a stored tile', (size) => {
    expect(() => TileNodes.from(new Uint8Array(size))).toThrow(expect.objectContaining({ code: 'ERR_MALFORMED' }));
  });

  it.each([0, 31, 33])('refuses %i bytes as a hash', (size) => {
    expect(() => TileNodes.from().append(new Uint8Array(size))).toThrow(RangeError);
  });

  it.each([
    [-1, 0],
    [9, 0],
    [0, -1],
    [0.5, 0],
    [0, 0.5],
    [Number.NaN, 0],
    [0, Number.NaN],
  ])('has no node at row %d, column %d', (row, column) => {
    expect(() => TileNodes.from(Buffer.concat(hashes)).node(row, column)).toThrow(RangeError);
  });
});
