import { isCount, treeSize } from './size.ts';

describe('sizes', () => {
  it.each([0, 1, 2 ** 32, 2 ** 53 - 1])('takes %d', (value) => {
    expect(isCount(value)).toBe(true);
    expect(treeSize(value)).toBe(value);
  });

  it.each([-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (value) => {
    expect(isCount(value)).toBe(false);
    expect(() => treeSize(value)).toThrow(expect.objectContaining({ code: 'ERR_PROOF_RANGE' }));
  });
});
