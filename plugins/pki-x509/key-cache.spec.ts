import { KeyCache } from './key-cache.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('KeyCache', () => {
  it('finds a value by the exact bytes', () => {
    const cache = new KeyCache<number>({ entries: 10, bytes: 100 });
    cache.set(bytes('ab'), 1);
    expect(cache.get(bytes('ab'))).toBe(1);
    expect(cache.get(bytes('ab '))).toBeUndefined();
    expect(cache.get(bytes('aB'))).toBeUndefined();
    expect(cache.get(Uint8Array.of(0xff, 0xfe))).toBeUndefined();
  });

  it('forgets what was used longest ago', () => {
    const cache = new KeyCache<number>({ entries: 2, bytes: 100 });
    cache.set(bytes('a'), 1);
    cache.set(bytes('b'), 2);
    cache.get(bytes('a'));
    cache.set(bytes('c'), 3);
    expect([cache.get(bytes('a')), cache.get(bytes('b')), cache.get(bytes('c'))]).toEqual([1, undefined, 3]);
  });

  it('keeps no more bytes than it may', () => {
    const cache = new KeyCache<number>({ entries: 10, bytes: 4 });
    cache.set(bytes('aa'), 1);
    cache.set(bytes('bb'), 2);
    expect(cache.size).toBe(2);
    cache.set(bytes('aa'), 3);
    expect(cache.size).toBe(2);
    cache.set(bytes('c'), 4);
    expect([cache.get(bytes('aa')), cache.get(bytes('bb')), cache.get(bytes('c'))]).toEqual([3, undefined, 4]);
    cache.set(bytes('ddddd'), 5);
    expect(cache.size).toBe(0);
  });
});
