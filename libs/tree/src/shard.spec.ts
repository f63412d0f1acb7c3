import { maxShardLeaves } from './limits.ts';
import { shardIndex } from './shard.ts';

describe('a shard index', () => {
  it.each([0, 1, maxShardLeaves - 1])('can be %d', (value) => {
    expect(shardIndex(value)).toBe(value);
  });

  it.each([-1, maxShardLeaves, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('cannot be %d', (value) => {
    expect(() => shardIndex(value)).toThrow(expect.objectContaining({ code: 'ERR_MALFORMED' }));
  });
});
