import { jest } from '@jest/globals';
import { MemoryTree } from '../../test/memory-tree.ts';
import { ShardPublisher } from './shard-publisher.ts';

const limits = { intervalMs: 5000, retryMs: 1000, maxRetryMs: 60_000 };

/** A publisher of a tree of 10 leaves whose publication does what the test says. */
async function publisherOf(publish: () => Promise<void>, mayPublish = () => true) {
  const tree = await MemoryTree.of(10);
  const warnings: string[] = [];
  const publication = {
    size: 0,
    async publish() {
      await publish();
      publication.size = tree.leaves.length;
    },
  };
  const publisher = new ShardPublisher({
    tree,
    publication,
    mayPublish,
    limits,
    warn: (message) => warnings.push(message),
  });
  return { tree, publisher, warnings };
}

describe('the publisher of one shard', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('publishes at once, and then not before the interval has passed', async () => {
    let published = 0;
    const { tree, publisher } = await publisherOf(async () => {
      published += 1;
    });
    publisher.wake();
    await jest.advanceTimersByTimeAsync(0);
    expect(published).toBe(1);
    await tree.grow(20);
    for (let n = 0; n < 10; n += 1) publisher.wake();
    await jest.advanceTimersByTimeAsync(limits.intervalMs - 1);
    expect(published).toBe(1);
    expect(publisher.state).toEqual({ published: 10, total: 20, failures: 0 });
    await jest.advanceTimersByTimeAsync(1);
    expect(published).toBe(2);
    // Nothing new: nothing is done, and no timer is left.
    await jest.advanceTimersByTimeAsync(limits.intervalMs);
    expect([published, jest.getTimerCount()]).toEqual([2, 0]);
    publisher.wake();
    await jest.advanceTimersByTimeAsync(0);
    expect(published).toBe(3);
    await publisher.close();
  });

  it('publishes nothing while it may not, and goes on when it may, without being woken', async () => {
    let [published, may] = [0, false];
    const { publisher } = await publisherOf(
      async () => {
        published += 1;
      },
      () => may,
    );
    publisher.wake();
    await jest.advanceTimersByTimeAsync(3 * limits.intervalMs);
    expect(published).toBe(0);
    may = true;
    await jest.advanceTimersByTimeAsync(limits.intervalMs);
    expect(published).toBe(1);
    expect(publisher.state).toMatchObject({ published: 10, failures: 0 });
    may = false;
    await publisher.close();
    expect(published).toBe(1);
  });

  it('tries again, further and further apart, warns once, and says when it goes on', async () => {
    let [tries, works] = [0, false];
    const { publisher, warnings } = await publisherOf(async () => {
      tries += 1;
      if (!works) throw new Error('away');
    });
    publisher.wake();
    await jest.advanceTimersByTimeAsync(0);
    for (const wait of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]) {
      const before = tries;
      publisher.wake();
      await jest.advanceTimersByTimeAsync(wait - 1);
      expect(tries).toBe(before);
      await jest.advanceTimersByTimeAsync(1);
      expect(tries).toBe(before + 1);
    }
    expect(warnings).toEqual(['cannot publish shard 4711: away']);
    expect(publisher.state.failures).toBe(9);
    works = true;
    await jest.advanceTimersByTimeAsync(60_000);
    expect(warnings).toEqual(['cannot publish shard 4711: away', 'shard 4711 is published again']);
    expect(publisher.state).toEqual({ published: 10, total: 10, failures: 9 });
    works = false;
    expect(await publisher.step()).toBe(1000);
    await publisher.close();
  });

  it('publishes what is new when it ends, with one try', async () => {
    let tries = 0;
    const { publisher } = await publisherOf(async () => {
      tries += 1;
      if (tries > 1) throw new Error('away');
    });
    await publisher.close();
    await publisher.close();
    expect(tries).toBe(1);
    publisher.wake();
    await jest.advanceTimersByTimeAsync(60_000);
    expect(tries).toBe(1);
  });

  it('waits at its end for what is under way', async () => {
    let finish: () => void = () => undefined;
    const { publisher } = await publisherOf(() => new Promise((resolve) => (finish = resolve)));
    publisher.wake();
    await jest.advanceTimersByTimeAsync(0);
    let closed = false;
    const closing = publisher.close().then(() => (closed = true));
    await jest.advanceTimersByTimeAsync(60_000);
    expect(closed).toBe(false);
    finish();
    await closing;
    expect(publisher.state.published).toBe(10);
  });
});
