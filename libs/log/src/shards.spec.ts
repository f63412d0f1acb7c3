import { shardIndex } from '@countersign/tree';
import { virtualIndex } from './indexes.ts';
import type { Shard } from './shard.ts';
import { Shards } from './shards.ts';

/** As much of a shard as the map of shards looks at. */
function shard(treeId: string, size: number, state: 'active' | 'frozen' = 'frozen'): Shard {
  return { record: { treeId }, tree: { snapshot: { size }, frozen: state === 'frozen' } } as unknown as Shard;
}

const [old, older, empty, active] = [shard('2', 5), shard('1', 3), shard('3', 0), shard('4', 10, 'active')];
const shards = new Shards([older, old, empty, active]);

describe('Shards', () => {
  it('takes the newest as the active one', () => {
    expect(shards.active).toBe(active);
    expect(shards.inactive).toEqual([older, old, empty]);
    expect(shards.activeFirst).toEqual([active, older, old, empty]);
  });

  it('counts virtual indexes over all shards, oldest first', () => {
    expect(shards.virtual(older, shardIndex(2))).toBe(2);
    expect(shards.virtual(old, shardIndex(0))).toBe(3);
    expect(shards.virtual(active, shardIndex(1))).toBe(9);
  });

  it.each([
    [0, older, 0],
    [2, older, 2],
    [3, old, 0],
    [7, old, 4],
    [8, active, 0],
    [17, active, 9],
    [1000, active, 992],
  ])('finds virtual index %i', (virtual, expected, index) => {
    const found = shards.locate(virtualIndex(virtual));
    expect(found.shard).toBe(expected);
    expect(found.index).toBe(index);
    expect(shards.virtual(found.shard, found.index)).toBe(virtual);
  });

  it('knows shards by tree id', () => {
    expect(shards.byTreeId('2')).toBe(old);
    expect(shards.byTreeId('5')).toBeUndefined();
  });

  it('adds a shard, which begins where the one before ends', () => {
    const growing = new Shards([older]);
    growing.add(old);
    expect(growing.active).toBe(old);
    expect(growing.virtual(old, shardIndex(0))).toBe(3);
    expect(growing.locate(virtualIndex(2)).shard).toBe(older);
    expect(growing.byTreeId('2')).toBe(old);
  });

  it('wants one shard at least, and all but the newest frozen', () => {
    const refusal = expect.objectContaining({ code: 'ERR_STORAGE' });
    expect(() => new Shards([])).toThrow(refusal);
    expect(() => new Shards([shard('1', 3, 'active'), active])).toThrow(refusal);
  });
});
