import { Slots } from './slots.ts';

describe('slots', () => {
  it('let so much be under way, the rest in order, and survive failures', async () => {
    const slots = new Slots(2);
    const begun: number[] = [];
    const finish: (() => void)[] = [];
    const work = Array.from({ length: 5 }, (_, n) =>
      slots
        .run(async () => {
          begun.push(n);
          await new Promise<void>((resolve) => finish.push(resolve));
          if (n % 2 === 0) throw new Error(`${n}`);
          return n;
        })
        .catch((error: Error) => error.message),
    );
    await new Promise(setImmediate);
    expect(begun).toEqual([0, 1]);
    for (let n = 0; n < 5; n += 1) {
      finish[n]?.();
      await new Promise(setImmediate);
      expect(begun).toHaveLength(Math.min(5, n + 3));
    }
    expect(await Promise.all(work)).toEqual(['0', 1, '2', 3, '4']);
  });
});
