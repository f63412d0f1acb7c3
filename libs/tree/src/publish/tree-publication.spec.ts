import * as fc from 'fast-check';
import { leafData, readCheckpoint, signCheckpoint } from '../../test/fixture.ts';
import { type Failing, MemoryStore } from '../../test/memory-store.ts';
import { MemoryTree } from '../../test/memory-tree.ts';
import { verifyPublished } from '../../test/published-tree.ts';
import { publishLimits } from './limits.ts';
import { Slots } from './slots.ts';
import { type LongLeaf, TileSource } from './tile-source.ts';
import { TreePublication } from './tree-publication.ts';

interface Setup {
  readonly tree: MemoryTree;
  readonly store: MemoryStore;
  readonly long?: LongLeaf[];
  readonly writesAtOnce?: number;
}

/** As a new process has it: nothing of what was written before is known. */
function publicationOf({ tree, store, long = [], writesAtOnce = 4 }: Setup): TreePublication {
  return new TreePublication({
    tree,
    source: new TileSource(tree.reader, tree.shard.id, publishLimits.leavesAtOnce),
    store,
    readCheckpoint,
    slots: new Slots(writesAtOnce),
    limits: { ...publishLimits, writesAtOnce },
    onLongLeaf: (leaf) => long.push(leaf),
  });
}

const checkpoint = '4711/checkpoint';
const text = (store: MemoryStore): string => Buffer.from(store.get(checkpoint) ?? []).toString();

describe('publishing a tree', () => {
  it.each([0, 1, 2, 255, 256, 257, 511, 512, 1000])('gives a reader all of %i leaves', async (size) => {
    const [tree, store] = [await MemoryTree.of(size), new MemoryStore()];
    const publication = publicationOf({ tree, store });
    await publication.publish();
    expect(verifyPublished(store.get)).toBe(size);
    expect(publication.size).toBe(size);
    expect(text(store)).toBe(tree.state.snapshot.checkpoint);
  });

  it('gives tiles of three levels', async () => {
    const [tree, store] = [await MemoryTree.of(65_536 + 300), new MemoryStore()];
    await publicationOf({ tree, store }).publish();
    expect(verifyPublished(store.get)).toBe(65_836);
    const names = [...store.files.keys()].map((path) => path.replace('4711/', ''));
    expect(names).toEqual(
      expect.arrayContaining(['tile/2/000.p/1', 'tile/1/000', 'tile/1/001.p/1', 'tile/0/256', 'tile/0/257.p/44']),
    );
    // Again, with nothing new: one look, and no write.
    const before = store.trace.length;
    await publicationOf({ tree, store }).publish();
    expect(store.trace.slice(before)).toEqual([`read ${checkpoint}`]);
  });

  it('writes the checkpoint last, when all before it have resolved', async () => {
    const [tree, store] = [await MemoryTree.of(1000), new MemoryStore()];
    await publicationOf({ tree, store }).publish();
    expect(store.trace.at(-1)).toBe(`write ${checkpoint}`);
    expect(store.trace.filter((line) => line.endsWith('checkpoint'))).toHaveLength(2);
    await tree.grow(2000);
    await publicationOf({ tree, store }).publish();
    expect(store.trace.at(-1)).toBe(`write ${checkpoint}`);
  });

  it('never writes again what a published checkpoint needs', async () => {
    const [tree, store] = [await MemoryTree.of(300), new MemoryStore()];
    await publicationOf({ tree, store }).publish();
    const published = new Set(store.files.keys());
    published.delete(checkpoint);
    const before = store.trace.length;
    await tree.grow(310);
    await publicationOf({ tree, store }).publish();
    const written = store.trace.slice(before).map((line) => line.slice(line.indexOf(' ') + 1));
    expect(written.filter((path) => published.has(path))).toEqual([]);
    expect(written).toEqual([checkpoint, '4711/tile/entries/001.p/54', '4711/tile/0/001.p/54', checkpoint]);
  });

  it('keeps partial tiles until the next tile is full, and then removes them', async () => {
    const [tree, store] = [await MemoryTree.of(3), new MemoryStore()];
    const partials = () => [...store.files.keys()].filter((path) => path.includes('.p/')).map((path) => path.slice(10));
    for (const size of [200, 300, 511]) {
      await publicationOf({ tree, store }).publish();
      await tree.grow(size);
    }
    await publicationOf({ tree, store }).publish();
    expect(partials()).toEqual(expect.arrayContaining(['0/000.p/3', '0/000.p/200', '0/001.p/44', '0/001.p/255']));
    await tree.grow(512);
    await publicationOf({ tree, store }).publish();
    expect(partials().sort()).toEqual(
      ['0/001.p/255', '0/001.p/44', 'entries/001.p/255', 'entries/001.p/44', '1/000.p/1', '1/000.p/2'].sort(),
    );
    // A jump over several tiles leaves nothing behind either.
    await tree.grow(1100);
    await publicationOf({ tree, store }).publish();
    expect(partials().filter((path) => /(0|entries)\/00[0-3]/.test(path) && !path.startsWith('1'))).toEqual([]);
  });

  it('has no more than so many writes under way', async () => {
    const [tree, store] = [await MemoryTree.of(5000), new MemoryStore()];
    let [now, most] = [0, 0];
    const write = store.write.bind(store);
    store.write = async (path, bytes) => {
      now += 1;
      most = Math.max(most, now);
      await write(path, bytes);
      now -= 1;
    };
    await publicationOf({ tree, store, writesAtOnce: 3 }).publish();
    expect(most).toBe(3);
  });

  it('goes on after a failure from where it was, and from the checkpoint when the store was emptied', async () => {
    const [tree, store] = [await MemoryTree.of(256 * 40), new MemoryStore()];
    const publication = publicationOf({ tree, store });
    store.fails = (operation) => (operation === 60 ? 'before' : undefined);
    await expect(publication.publish()).rejects.toThrow('failed before');
    const before = store.trace.length;
    await publication.publish();
    expect(store.trace.length - before).toBeLessThan(40);
    expect(verifyPublished(store.get)).toBe(256 * 40);
    store.files.clear();
    await publication.publish();
    expect(verifyPublished(store.get)).toBe(256 * 40);
  });
});

describe('whatever fails, and whenever', () => {
  it('the published checkpoint can be verified at every moment, and the next process completes it', async () => {
    const step = fc.record({
      grow: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 200, max: 520 })),
      at: fc.integer({ min: 1, max: 14 }),
      mode: fc.constantFrom<Failing>('before', 'half', 'after'),
      restart: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 5 }), async (steps) => {
        const [tree, store] = [await MemoryTree.of(0), new MemoryStore()];
        let published = -1;
        store.onChange = () => {
          const size = verifyPublished(store.get) ?? -1;
          expect(size).toBeGreaterThanOrEqual(published);
          published = size;
        };
        let publication = publicationOf({ tree, store });
        for (const { grow, at, mode, restart } of steps) {
          await tree.grow(tree.leaves.length + grow);
          const fails = store.trace.length + at;
          store.fails = (operation) => (operation === fails ? mode : undefined);
          await publication.publish().catch((error: Error) => expect(error.message).toContain('failed'));
          if (restart) publication = publicationOf({ tree, store });
        }
        store.fails = () => undefined;
        await publicationOf({ tree, store }).publish();
        expect(verifyPublished(store.get)).toBe(tree.leaves.length);
      }),
      { numRuns: 12 },
    );
  });

  it.each<Failing>(['before', 'half', 'after'])('every single operation fails once (%s)', async (mode) => {
    const made = async () => {
      const [tree, store] = [await MemoryTree.of(250), new MemoryStore()];
      await publicationOf({ tree, store }).publish();
      await tree.grow(520);
      return { tree, store };
    };
    const untouched = await made();
    const first = untouched.store.trace.length;
    await publicationOf(untouched).publish();
    expect(untouched.store.trace.length - first).toBeGreaterThan(8);
    for (let at = first + 1; at <= untouched.store.trace.length; at += 1) {
      const { tree, store } = await made();
      store.onChange = () => verifyPublished(store.get);
      store.fails = (operation) => (operation === at ? mode : undefined);
      await expect(publicationOf({ tree, store }).publish()).rejects.toThrow(`failed ${mode}`);
      await publicationOf({ tree, store }).publish();
      expect(verifyPublished(store.get)).toBe(520);
      expect([...store.files.keys()].filter((path) => path.includes('/000.p/') && !path.includes('tile/1'))).toEqual(
        [],
      );
    }
  });
});

describe('a store that has something else is not written to', () => {
  const refused = { code: 'ERR_TREE_ROLLED_BACK', message: expect.stringContaining('nothing is published') };
  const put = (store: MemoryStore, contents: string) => store.files.set(checkpoint, Buffer.from(contents));

  async function refusal(tree: MemoryTree, store: MemoryStore): Promise<unknown> {
    const error = await publicationOf({ tree, store })
      .publish()
      .catch((thrown: unknown) => thrown);
    expect(store.trace).toEqual([`read ${checkpoint}`]);
    return error;
  }

  it('a larger tree: this log was rolled back, or another one goes on', async () => {
    const [tree, larger, store] = [await MemoryTree.of(299), await MemoryTree.of(300), new MemoryStore()];
    put(store, larger.state.snapshot.checkpoint);
    expect(await refusal(tree, store)).toMatchObject(refused);
    expect(text(store)).toBe(larger.state.snapshot.checkpoint);
  });

  it.each([1, 299, 300])('another history, of size %i', async (size) => {
    const [tree, store] = [await MemoryTree.of(300), new MemoryStore()];
    put(store, await signCheckpoint(size, new Uint8Array(32)));
    expect(await refusal(tree, store)).toMatchObject(refused);
  });

  it.each([
    '',
    'no checkpoint',
    'log.test - 4712\n1\n\n',
    '\u0000',
  ])('no checkpoint of this shard: %j', async (other) => {
    const [tree, store] = [await MemoryTree.of(300), new MemoryStore()];
    put(store, other);
    expect(await refusal(tree, store)).toMatchObject(refused);
  });

  it('bytes that are no text', async () => {
    const [tree, store] = [await MemoryTree.of(3), new MemoryStore()];
    store.files.set(checkpoint, Uint8Array.of(0xff, 0xfe));
    expect(await refusal(tree, store)).toMatchObject(refused);
  });

  it('and is, once it is put right', async () => {
    const [tree, store] = [await MemoryTree.of(300), new MemoryStore()];
    const publication = publicationOf({ tree, store });
    put(store, 'wrong');
    await expect(publication.publish()).rejects.toMatchObject(refused);
    store.files.clear();
    await publication.publish();
    expect(verifyPublished(store.get)).toBe(300);
  });
});

describe('what does not hold together is not published', () => {
  const corrupt = { code: 'ERR_TREE_CORRUPT' };

  it.each([
    ['a leaf', (tree: MemoryTree) => tree.leaves.splice(7, 1, leafData(8)), '0/0'],
    ['a leaf of the partial tile', (tree: MemoryTree) => tree.leaves.splice(299, 1, leafData(8)), '0/1'],
    ['a leaf that is missing', (tree: MemoryTree) => tree.leaves.splice(299, 1), 'missing'],
    ['a tile that is missing', (tree: MemoryTree) => tree.tiles.delete('0/0'), '0/0'],
    ['a tile with a wrong bit', (tree: MemoryTree) => tree.tiles.get('0/0')?.fill(1, 9, 10), '0/0'],
  ])('%s', async (_, damage, where) => {
    const [tree, store] = [await MemoryTree.of(300), new MemoryStore()];
    damage(tree);
    await expect(publicationOf({ tree, store }).publish()).rejects.toMatchObject({
      ...corrupt,
      message: expect.stringContaining(where),
    });
    expect(store.get(checkpoint)).toBeUndefined();
  });
});

describe('a leaf that no bundle can hold', () => {
  it.each([65_535, 65_536])('of %i bytes', async (length) => {
    const [tree, store, long] = [await MemoryTree.of(255), new MemoryStore(), [] as LongLeaf[]];
    await tree.grow(257, (n) => (n === 255 ? new Uint8Array(length) : leafData(n)));
    await publicationOf({ tree, store, long }).publish();
    const fits = length === 65_535;
    expect(long).toEqual(fits ? [] : [{ index: 255, length }]);
    expect(store.files.has('4711/tile/entries/000')).toBe(fits);
    expect(store.files.has('4711/tile/entries/001.p/1')).toBe(true);
    expect(verifyPublished(store.get, fits ? [] : [0])).toBe(257);
  });
});
