import { leafId } from '@countersign/tree';
import fc from 'fast-check';
import { Tail } from './tail.ts';

const far = Number.MAX_SAFE_INTEGER;
const unbounded = { segmentLeaves: 3, tailBytes: far };

describe('a tail', () => {
  it('finds what was added, by key and by prefix', () => {
    const key = fc.constantFrom('a', 'ab', 'b');
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(key)), fc.nat(30), fc.nat(9), (leaves, before, dropped) => {
        const tail = new Tail(2, 5, unbounded);
        for (const keys of leaves) tail.add(keys);
        tail.dropBelow(dropped);
        expect(tail.end).toBe(5 + leaves.length);
        const kept = leaves.map((keys, at) => ({ keys, index: 5 + at })).filter(({ index }) => index >= tail.start);
        const ids = (has: (keys: readonly string[]) => boolean) =>
          kept
            .filter(({ keys }) => has(keys))
            .map(({ index }) => leafId(2, index))
            .reverse();
        const withA = ids((keys) => keys.includes('a'));
        expect(tail.below('a', far, 100)).toEqual(withA);
        expect(tail.below('a', leafId(2, before), 2)).toEqual(withA.filter((id) => id < leafId(2, before)).slice(0, 2));
        expect(tail.withPrefix('a', 100)).toEqual(ids((keys) => keys.some((each) => each.startsWith('a'))));
      }),
    );
  });

  it('drops what is indexed, in parts, and nothing that is not', () => {
    const tail = new Tail(1, 0, unbounded);
    for (let n = 0; n < 8; n += 1) tail.add(['k']);
    tail.dropBelow(2);
    expect(tail.start).toBe(0);
    tail.dropBelow(3);
    expect(tail.start).toBe(3);
    tail.dropBelow(100);
    expect([tail.start, tail.end]).toEqual([8, 8]);
    tail.add(['k']);
    expect(tail.below('k', far, 9)).toEqual([leafId(1, 8)]);
  });

  it('lets the oldest go when it has too many bytes, and counts what went', () => {
    const tail = new Tail(1, 0, { segmentLeaves: 1, tailBytes: 1000 });
    for (let n = 0; n < 100; n += 1) {
      tail.add(['k'.repeat(100)]);
      expect(tail.end - tail.start).toBe(Math.min(n + 1, 3));
    }
    tail.add(['k'.repeat(1000)]);
    expect([tail.start, tail.end]).toEqual([101, 101]);
    tail.add(['k']);
    expect(tail.start).toBe(101);
  });

  it('refuses a prefix with more rows than asked for', () => {
    const tail = new Tail(1, 0, unbounded);
    for (let n = 0; n < 10; n += 1) tail.add([`k${n}`, 'other']);
    expect(tail.withPrefix('k', 10)).toHaveLength(10);
    expect(tail.withPrefix('k', 9)).toBeUndefined();
  });
});
