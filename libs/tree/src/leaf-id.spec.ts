import fc from 'fast-check';
import { indexOfLeaf, leafId, shardOfLeaf } from './leaf-id.ts';
import { maxShardId, maxShardLeaves } from './limits.ts';

describe('a leaf id', () => {
  const shard = fc.integer({ min: 1, max: maxShardId });
  const index = fc.oneof(fc.nat(10), fc.integer({ min: 0, max: maxShardLeaves - 1 }));

  it('is shard and index, in their order', () => {
    fc.assert(
      fc.property(shard, index, shard, index, (shardA, indexA, shardB, indexB) => {
        const id = leafId(shardA, indexA);
        expect(Number.isSafeInteger(id)).toBe(true);
        expect([shardOfLeaf(id), indexOfLeaf(id)]).toEqual([shardA, indexA]);
        const order = Math.sign(shardA - shardB) || Math.sign(indexA - indexB);
        expect(Math.sign(id - leafId(shardB, indexB))).toBe(order);
      }),
    );
  });
});
