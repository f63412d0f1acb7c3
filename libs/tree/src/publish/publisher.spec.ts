import { setImmediate } from 'node:timers/promises';
import { appendLeaves, openTreeIn, readCheckpoint, tempFolder } from '../../test/fixture.ts';
import { MemoryStore } from '../../test/memory-store.ts';
import { verifyPublished } from '../../test/published-tree.ts';
import type { TreeStorage } from '../storage.ts';
import { Publisher } from './publisher.ts';

/** A tree on a disk that publishes to memory. */
async function open(folder: string, wrap?: (storage: TreeStorage) => TreeStorage, limits = {}) {
  const opened = await openTreeIn(folder, wrap && { wrap });
  const [store, warnings] = [new MemoryStore(), [] as string[]];
  const warn = (message: string) => warnings.push(message);
  const publisher = new Publisher({ store, reader: opened.storage, warn, limits: { intervalMs: 0, ...limits } });
  opened.tree.watch(({ shard }) => publisher.committed(shard));
  publisher.follow(opened.tree, readCheckpoint);
  return { ...opened, store, publisher, warnings };
}

describe('publishing behind a log', () => {
  it('publishes nothing that is not durable, while commits fail and come through', async () => {
    const folder = tempFolder();
    let [commits, durable] = [0, 0];
    const wrap = (storage: TreeStorage): TreeStorage => ({
      ...storage,
      async commit(batch) {
        commits += 1;
        // Gives whoever would publish too early the time to.
        for (let turn = 0; turn < 20; turn += 1) await setImmediate();
        if (commits % 3 === 0) throw new Error('the disk is full');
        await storage.commit(batch);
        for (let turn = 0; turn < 20; turn += 1) await setImmediate();
        durable = batch.snapshot.size;
      },
      latest: (shard) => storage.latest(shard),
    });
    const { tree, store, publisher, warnings, close } = await open(folder, wrap);
    store.onChange = () => expect(verifyPublished(store.get) ?? 0).toBeLessThanOrEqual(durable);
    let refused = 0;
    for (let n = 0; n < 30; n += 1) {
      await tree.append({ data: Buffer.from(`${n}`) }).catch(() => {
        refused += 1;
      });
    }
    await close();
    await publisher.close();
    expect(refused).toBeGreaterThan(5);
    expect(warnings).toEqual([]);
    expect(verifyPublished(store.get)).toBe(30 - refused);
    expect(publisher.state).toEqual({ published: 30 - refused, total: 30 - refused, failures: 0 });
    expect(store.closed).toBe(true);
  });

  it('publishes a log that was there before, when it is opened', async () => {
    const folder = tempFolder();
    const before = await openTreeIn(folder);
    await appendLeaves(before.tree, 0, 300);
    await before.close();
    const { store, publisher, close } = await open(folder);
    await publisher.close();
    expect(verifyPublished(store.get)).toBe(300);
    await close();
  });

  it('neither fails nor holds up an append when the store does, and ends in bounded time', async () => {
    const { tree, store, publisher, close } = await open(tempFolder(), undefined, { closeMs: 20 });
    store.write = () => new Promise(() => undefined);
    await appendLeaves(tree, 0, 300);
    await close();
    await publisher.close();
    expect(store.closed).toBe(true);
    expect(publisher.state).toMatchObject({ published: 0, total: 300 });
  });

  it('tells once of a leaf that no bundle can hold, however often it is written', async () => {
    const { tree, store, publisher, warnings, close } = await open(tempFolder());
    await tree.append({ data: new Uint8Array(70_000) });
    await publisher.close();
    await appendLeaves(tree, 1, 5).catch(() => undefined);
    expect(warnings).toEqual(['memory: leaf 0 of shard 4711 has 70000 bytes: no entry bundle can hold it']);
    expect(verifyPublished(store.get, [0])).toBe(1);
    await close();
  });
});
