import fc from 'fast-check';
import { gateLimits } from './limits.ts';
import { RateLimiter } from './rate-limiter.ts';

let now: number;
beforeEach(() => {
  now = 0;
});
const limiter = (burst: number, perMinute: number) => new RateLimiter({ burst, perMinute }, () => now);
const take = (by: RateLimiter, times: number, key = 'a') => Array.from({ length: times }, () => by.take(key));

describe('RateLimiter', () => {
  it('gives a burst, then a token each interval, exactly', () => {
    const by = limiter(3, 7); // a token each 8571.43 ms
    expect(take(by, 4)).toEqual([0, 0, 0, 9]);
    now = 8571;
    expect(by.take('a')).toBe(1);
    now = 8572;
    expect(take(by, 2)).toEqual([0, 9]);
    now = 60_000;
    expect(take(by, 4)).toEqual([0, 0, 0, 9]);
    now = 10 ** 10;
    expect(take(by, 4)).toEqual([0, 0, 0, 9]);
  });

  it('says how many seconds there are to wait', () => {
    const by = limiter(1, 1);
    expect(take(by, 2)).toEqual([0, 60]);
    now = 59_999;
    expect(by.take('a')).toBe(1);
    now = 60_000;
    expect(by.take('a')).toBe(0);
  });

  it('counts each key by itself, and takes nothing when it refuses', () => {
    const by = limiter(1, 60);
    expect(take(by, 3)).toEqual([0, 1, 1]);
    expect(take(by, 2, 'b')).toEqual([0, 1]);
    now = 1000;
    expect(by.take('a')).toBe(0);
  });

  it('takes back what is given back', () => {
    const by = limiter(2, 1);
    expect(take(by, 3)).toEqual([0, 0, 60]);
    by.giveBack('a');
    expect(take(by, 2)).toEqual([0, 60]);
    by.giveBack('unknown');
    expect(by.size).toBe(1);
  });

  it('never lets through more than burst and rate allow, nor fewer than the burst', () => {
    const rate = fc.record({ burst: fc.integer({ min: 1, max: 20 }), perMinute: fc.integer({ min: 1, max: 60_000 }) });
    const pauses = fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 200 });
    fc.assert(
      fc.property(rate, pauses, ({ burst, perMinute }, steps) => {
        now = 12_345;
        const by = limiter(burst, perMinute);
        const start = now;
        let taken = 0;
        expect(take(by, burst, 'other')).toEqual(Array(burst).fill(0));
        for (const step of steps) {
          now += step;
          if (by.take('a') === 0) taken += 1;
          const most = burst + Math.floor(((now - start) * perMinute) / 60_000);
          expect(taken).toBeLessThanOrEqual(most);
        }
      }),
    );
  });

  it('keeps no more keys than its limit', () => {
    const by = limiter(2, 1);
    for (let i = 0; i < gateLimits.buckets; i++) by.take(`k${i}`);
    expect(by.size).toBe(gateLimits.buckets);
    by.take('one more');
    expect(by.size).toBe(gateLimits.bucketsKept);
  });

  it('forgets full buckets first, and an empty one not for a flood of others', () => {
    const by = limiter(5, 1);
    by.take('idle');
    now = 60_000;
    expect(take(by, 6, 'greedy')).toEqual([0, 0, 0, 0, 0, 60]);
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i <= gateLimits.buckets; i++) by.take(`flood-${round}-${i}`);
      expect(by.take('greedy')).toBe(60);
    }
    expect(by.size).toBeLessThanOrEqual(gateLimits.buckets);
  });
});
