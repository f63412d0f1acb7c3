import { leafId } from '@countersign/tree';
import { searchLimits } from './limits.ts';
import { Tails } from './tails.ts';

function fill(tails: Tails, shard: number, leaves: number): void {
  const tail = tails.begin(shard, 0);
  for (let n = 0; n < leaves; n += 1) tail.add(['all', `shard ${shard}`]);
}

describe('the tails of several shards', () => {
  it('answer as one, and bound a prefix together', () => {
    const tails = new Tails(searchLimits);
    for (const shard of [1, 2, 3]) fill(tails, shard, 2);
    const leaves = [3, 2, 1].flatMap((shard) => [leafId(shard, 1), leafId(shard, 0)]);
    expect(tails.below('all', Number.MAX_SAFE_INTEGER, 9)).toEqual(leaves);
    expect(tails.below('all', leafId(3, 0), 3)).toEqual(leaves.slice(2, 5));
    expect(tails.withPrefix('shard', 6)).toEqual(leaves);
    expect(tails.withPrefix('shard', 5)).toBeUndefined();
    expect(tails.of(2)?.end).toBe(2);
  });

  it('let go of what is indexed, and of a whole tail but the newest', () => {
    const tails = new Tails(searchLimits);
    for (const shard of [1, 2]) fill(tails, shard, 2);
    for (const shard of [1, 2]) tails.dropBelow(shard, 2);
    expect(tails.of(1)).toBeUndefined();
    expect(tails.of(2)).toMatchObject({ start: 2, end: 2 });
    tails.dropBelow(7, 2);
  });

  it('are as many as the limit says, and the newest', () => {
    const tails = new Tails(searchLimits);
    for (let shard = 1; shard <= searchLimits.tails; shard += 1) fill(tails, shard, 1);
    expect(tails.of(1)).toBeDefined();
    fill(tails, searchLimits.tails + 1, 1);
    expect(tails.of(1)).toBeUndefined();
    expect(tails.of(2)).toBeDefined();
  });
});
