import { completeSubtrees } from './node.ts';
import { splitPoint } from './size.ts';

describe('complete subtrees', () => {
  it('cover a range, largest first', () => {
    expect(completeSubtrees(0, 7)).toEqual([
      { level: 2, index: 0 },
      { level: 1, index: 2 },
      { level: 0, index: 6 },
    ]);
    expect(completeSubtrees(8, 16)).toEqual([{ level: 3, index: 1 }]);
    expect(completeSubtrees(5, 5)).toEqual([]);
  });

  it('are right beyond 32 bits', () => {
    const start = 2 ** 40;
    expect(completeSubtrees(start, start + 2 ** 32 + 1)).toEqual([
      { level: 32, index: 256 },
      { level: 0, index: 2 ** 40 + 2 ** 32 },
    ]);
    expect(completeSubtrees(0, Number.MAX_SAFE_INTEGER).at(-1)).toEqual({
      level: 0,
      index: Number.MAX_SAFE_INTEGER - 1,
    });
  });
});

describe('the split point', () => {
  it.each([
    [2, 1],
    [3, 2],
    [4, 2],
    [5, 4],
    [2 ** 32, 2 ** 31],
    [2 ** 32 + 1, 2 ** 32],
    [Number.MAX_SAFE_INTEGER, 2 ** 52],
  ])('of %d is %d', (count, expected) => {
    expect(splitPoint(count)).toBe(expected);
  });
});
