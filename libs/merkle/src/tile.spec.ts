import * as fc from 'fast-check';
import { nodeTile, parseTilePath, tileExtent, tilePath } from './tile.ts';

const malformed = expect.objectContaining({ code: 'ERR_MALFORMED' });

describe('where nodes lie', () => {
  it.each([
    [
      { level: 0, index: 0 },
      { tileLevel: 0, tileIndex: 0, row: 0, column: 0 },
    ],
    [
      { level: 0, index: 255 },
      { tileLevel: 0, tileIndex: 0, row: 0, column: 255 },
    ],
    [
      { level: 0, index: 256 },
      { tileLevel: 0, tileIndex: 1, row: 0, column: 0 },
    ],
    [
      { level: 7, index: 1 },
      { tileLevel: 0, tileIndex: 0, row: 7, column: 1 },
    ],
    [
      { level: 7, index: 3 },
      { tileLevel: 0, tileIndex: 1, row: 7, column: 1 },
    ],
    [
      { level: 8, index: 1 },
      { tileLevel: 1, tileIndex: 0, row: 0, column: 1 },
    ],
    [
      { level: 0, index: 2 ** 40 + 5 },
      { tileLevel: 0, tileIndex: 2 ** 32, row: 0, column: 5 },
    ],
    [
      { level: 10, index: 2 ** 40 + 65 },
      { tileLevel: 1, tileIndex: 2 ** 34 + 1, row: 2, column: 1 },
    ],
  ])('%j', (node, place) => {
    expect(nodeTile(node)).toEqual(place);
  });

  it('covers the node’s own leaves', () => {
    const node = fc.record({ level: fc.nat(40), index: fc.nat(2 ** 12) });
    fc.assert(
      fc.property(node, ({ level, index }) => {
        const { tileLevel, tileIndex, row, column } = nodeTile({ level, index });
        expect(row).toBeLessThan(8);
        const leavesPerHash = 256 ** tileLevel;
        expect((tileIndex * 256 + column * 2 ** row) * leavesPerHash).toBe(index * 2 ** level);
        expect(leavesPerHash * 2 ** row).toBe(2 ** level);
        expect((column + 1) * 2 ** row).toBeLessThanOrEqual(256);
      }),
    );
  });
});

describe('the extent of a tile level', () => {
  it.each([
    [0, 0, 0, 0],
    [0, 255, 0, 255],
    [0, 256, 1, 0],
    [1, 255, 0, 0],
    [1, 256, 0, 1],
    [1, 65_536, 1, 0],
    [2, 65_536, 0, 1],
    [0, 2 ** 53 - 1, 2 ** 45 - 1, 255],
  ])('%i of size %d', (level, size, full, partial) => {
    expect(tileExtent(level, size)).toEqual({ full, partial });
  });

  it('refuses what is no size', () => {
    expect(() => tileExtent(0, 2 ** 53)).toThrow(expect.objectContaining({ code: 'ERR_PROOF_RANGE' }));
  });
});

describe('tile paths (C2SP tlog-tiles)', () => {
  it.each([
    [0, 0, 256, 'tile/0/000'],
    [0, 999, 1, 'tile/0/999.p/1'],
    [1, 1000, 255, 'tile/1/x001/000.p/255'],
    [63, 1_234_067, 8, 'tile/63/x001/x234/067.p/8'],
    ['entries', 1_234_067, 256, 'tile/entries/x001/x234/067'],
    ['entries', 2 ** 53 - 1, 256, 'tile/entries/x009/x007/x199/x254/x740/991'],
  ] as const)('%s %d %i', (level, index, width, path) => {
    expect(tilePath(level, index, width)).toBe(path);
    expect(parseTilePath(path)).toEqual({ level, index, width });
  });

  it('round-trip', () => {
    const level = fc.oneof(fc.nat(63), fc.constant('entries' as const));
    fc.assert(
      fc.property(level, fc.maxSafeNat(), fc.integer({ min: 1, max: 256 }), (tileLevel, index, width) => {
        expect(parseTilePath(tilePath(tileLevel, index, width))).toEqual({ level: tileLevel, index, width });
      }),
    );
  });

  it.each([
    '',
    'tile/0/0',
    'tile/0/00',
    'tile/0/0000',
    'tile/00/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/1e0/000',
    'tile/data/000',
    'tile/Entries/000',
    'tile/0/x000/000',
    'tile/0/x001',
    'tile/0/001/000',
    'tile/0/x001/x000',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/257',
    'tile/0/000.p/999',
    'tile/0/000.p/01',
    'tile/0/000.p/',
    'tile/0/000.p',
    'tile/0/000/',
    'tile/0/000\n',
    '/tile/0/000',
    ' tile/0/000',
    'tile/0/٠٠٠',
    'tile/0/../000',
    'tile/0/x009/x007/x199/x254/x740/992',
    'tile/0/x001/x000/x000/x000/x000/x000/000',
  ])('refuses %j', (path) => {
    expect(() => parseTilePath(path)).toThrow(malformed);
  });
});
