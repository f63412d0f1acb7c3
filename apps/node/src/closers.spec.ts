import { Closers } from './closers.ts';

describe('Closers', () => {
  it('closes in reverse, each before the next, once', async () => {
    const closers = new Closers();
    const order: string[] = [];
    closers.add(() => order.push('first'));
    closers.add(async () => {
      await Promise.resolve();
      order.push('second');
    });
    closers.add(() => order.push('third'));
    await Promise.all([closers.close(), closers.close()]);
    expect(order).toEqual(['third', 'second', 'first']);
  });

  it('goes on after a failure and tells of the first', async () => {
    const closers = new Closers();
    const order: string[] = [];
    closers.add(() => order.push('last'));
    closers.add(() => Promise.reject(new Error('two')));
    closers.add(() => {
      throw new Error('one');
    });
    await expect(closers.close()).rejects.toThrow('one');
    expect(order).toEqual(['last']);
  });
});
