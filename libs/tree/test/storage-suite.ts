import { leafHash, treeSize } from '@countersign/merkle';
import { fullTileBytes } from '../src/full-tile.ts';
import { attachmentChecksum, leafChecksum } from '../src/leaf-checksum.ts';
import { leafId } from '../src/leaf-id.ts';
import { maxShardId } from '../src/limits.ts';
import type { CommitBatch, NewLeaf, TreeReader, TreeStorage } from '../src/storage.ts';
import { leafData, shard } from './fixture.ts';

/** Test leaf `n`. */
export function newLeaf(n: number, more: Partial<NewLeaf> = {}): NewLeaf {
  const data = leafData(n);
  return { hash: leafHash(data), data, integratedTime: 1000 + n, identity: undefined, annex: undefined, ...more };
}

/** A commit of leaves from `first` on, to shard 1. */
export function batchOf(first: number, leaves: readonly NewLeaf[], more: Partial<CommitBatch> = {}): CommitBatch {
  const size = first + leaves.length;
  const snapshot = { size: treeSize(size), root: new Uint8Array(32).fill(size), checkpoint: `checkpoint ${size}\n` };
  return { shard: 1, first, leaves, attachments: [], tiles: [], snapshot, ...more };
}

/** One storage that is opened again and again. */
export interface Place {
  /** Opens it to write. Not before the one opened before is closed. */
  open(): Promise<TreeStorage>;
  /** Opens it to read only, beside whoever writes. */
  openReader(): Promise<TreeReader>;
}

/** Every promise of {@link TreeStorage}, of the storage that `make` gives a new empty one of. */
export function itKeepsTrees(make: () => Promise<Place>): void {
  let place: Place;
  let storage: TreeStorage;
  beforeEach(async () => {
    place = await make();
    storage = await place.open();
    await storage.createShard(shard);
  });
  afterEach(() => storage.close());

  const reopen = async (): Promise<void> => {
    await storage.close();
    storage = await place.open();
  };

  describe('shards', () => {
    it('are kept as they were made', async () => {
      const second = { ...shard, id: maxShardId, treeId: '9223372036854775807', kind: 'ct', state: 'frozen' as const };
      await storage.createShard(second);
      await reopen();
      expect(await storage.shards()).toEqual([shard, second]);
    });

    it('have an id and a tree id of their own', async () => {
      await expect(storage.createShard({ ...shard, treeId: '1' })).rejects.toMatchObject({ code: 'ERR_STORAGE' });
      await expect(storage.createShard({ ...shard, id: 2 })).rejects.toMatchObject({ code: 'ERR_STORAGE' });
      for (const id of [0, maxShardId + 1, 1.5]) {
        await expect(storage.createShard({ ...shard, id, treeId: '1' })).rejects.toMatchObject({ code: 'ERR_STORAGE' });
      }
    });

    it('are frozen for good, together with the one that follows, or not at all', async () => {
      const next = { ...shard, id: 2, treeId: '2' };
      await storage.commit(batchOf(0, [newLeaf(0)]));
      for (const taken of [shard, { ...next, treeId: shard.treeId }, { ...next, id: 0 }]) {
        await expect(storage.freezeShard(1, taken)).rejects.toMatchObject({ code: 'ERR_STORAGE' });
      }
      await expect(storage.freezeShard(7, next)).rejects.toMatchObject({ code: 'ERR_STORAGE' });
      expect(await storage.shards()).toEqual([shard]);
      await storage.freezeShard(1, next);
      await reopen();
      const frozen = { ...shard, state: 'frozen' };
      expect(await storage.shards()).toEqual([frozen, next]);
      for (const leaves of [[newLeaf(1)], []]) {
        await expect(storage.commit(batchOf(1, leaves))).rejects.toMatchObject({ code: 'ERR_SHARD_FROZEN' });
      }
      expect((await storage.latest(1))?.size).toBe(1);
      await storage.commit(batchOf(0, [newLeaf(1)], { shard: 2 }));
      await storage.freezeShard(1);
      expect(await storage.shards()).toEqual([frozen, next]);
    });

    it('do not see each other', async () => {
      await storage.createShard({ ...shard, id: 2, treeId: '2' });
      await storage.commit(batchOf(0, [newLeaf(1)]));
      expect(await storage.find(2, newLeaf(1).hash)).toBeUndefined();
      expect(await storage.leaf(2, 0)).toBeUndefined();
      expect(await storage.latest(2)).toBeUndefined();
      await storage.commit(batchOf(0, [newLeaf(2), newLeaf(1)], { shard: 2 }));
      expect(await storage.find(1, newLeaf(1).hash)).toBe(0);
      expect(await storage.find(2, newLeaf(1).hash)).toBe(1);
      expect(await storage.leaves(1, 0, 10)).toHaveLength(1);
    });
  });

  describe('a commit', () => {
    it('stores everything it was given', async () => {
      expect(await storage.latest(1)).toBeUndefined();
      const leaves = [newLeaf(0), newLeaf(1, { identity: new Uint8Array(32).fill(5), annex: new Uint8Array([1]) })];
      const nodes = new Uint8Array(fullTileBytes).fill(3);
      const attachments = [{ index: 1, bytes: new Uint8Array([7, 0, 255]) }];
      const batch = batchOf(0, leaves, { attachments, tiles: [{ level: 4, index: 2 ** 32 - 1, nodes }] });
      await storage.commit(batch);
      await reopen();
      expect(await storage.latest(1)).toEqual(batch.snapshot);
      const stored = leaves.map((leaf, index) => ({
        ...leaf,
        hash: new Uint8Array(leaf.hash),
        index,
        checksum: leafChecksum(leafId(1, index), leaf),
      }));
      expect(await storage.leaves(1, 0, 5)).toEqual(stored);
      expect(await storage.leaf(1, 1)).toEqual(stored[1]);
      expect(await storage.leafHashes(1, 1, 5)).toEqual([stored[1]?.hash]);
      expect(await storage.attachments(1, 0, 5)).toEqual([
        {
          index: 1,
          bytes: new Uint8Array([7, 0, 255]),
          checksum: attachmentChecksum(leafId(1, 1), new Uint8Array([7, 0, 255])),
        },
      ]);
      expect(await storage.tile(1, 4, 2 ** 32 - 1)).toEqual(nodes);
      expect(await storage.tile(1, 4, 2 ** 32 - 2)).toBeUndefined();
      expect(await storage.find(1, new Uint8Array(32).fill(5))).toBe(1);
      expect(await storage.find(1, newLeaf(1).hash)).toBeUndefined();
    });

    it.each([0, 1, 3])('is refused when it begins at %i of 2', async (first) => {
      await storage.commit(batchOf(0, [newLeaf(0), newLeaf(1)]));
      const attachments = [{ index: first, bytes: new Uint8Array(1) }];
      await expect(storage.commit(batchOf(first, [newLeaf(9)], { attachments }))).rejects.toMatchObject({
        code: 'ERR_STORAGE',
        details: { expected: first, found: 2 },
      });
      expect((await storage.latest(1))?.size).toBe(2);
      expect(await storage.find(1, newLeaf(9).hash)).toBeUndefined();
      expect(await storage.attachments(1, 0, 9)).toEqual([]);
    });

    it('of no leaves stores its checkpoint, and a first one begins at nothing', async () => {
      await expect(storage.commit(batchOf(1, [newLeaf(1)]))).rejects.toMatchObject({
        code: 'ERR_STORAGE',
        details: { expected: 1, found: 0 },
      });
      expect(await storage.latest(1)).toBeUndefined();
      await storage.commit(batchOf(0, []));
      expect((await storage.latest(1))?.size).toBe(0);
      await storage.commit(batchOf(0, [newLeaf(0)]));
      const { snapshot } = batchOf(1, []);
      await storage.commit(batchOf(1, [], { snapshot: { ...snapshot, checkpoint: 'another\n' } }));
      expect((await storage.latest(1))?.checkpoint).toBe('another\n');
    });

    it('to no shard is refused', async () => {
      await expect(storage.commit(batchOf(0, [newLeaf(0)], { shard: 2 }))).rejects.toMatchObject({
        code: 'ERR_STORAGE',
      });
      expect(await storage.latest(2)).toBeUndefined();
      expect(await storage.leaf(2, 0)).toBeUndefined();
    });

    it('keeps bytes and numbers as they are', async () => {
      const every = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      const leaves = [
        newLeaf(0, { data: every, annex: new Uint8Array(0), integratedTime: 2 ** 40 }),
        newLeaf(1, { data: new Uint8Array(0), integratedTime: 0 }),
        newLeaf(2, { data: new Uint8Array(2 ** 14).fill(0x5c), annex: every }),
      ];
      const last = { ...shard, id: maxShardId, treeId: '9223372036854775807', createdAt: 2 ** 33 };
      await storage.createShard(last);
      await storage.commit(batchOf(0, leaves, { shard: maxShardId }));
      const { checkpoint } = batchOf(3, []).snapshot;
      expect(await storage.latest(maxShardId)).toMatchObject({ size: 3, checkpoint });
      const stored = await storage.leaves(maxShardId, 0, 3);
      expect(stored.map(({ data, annex, integratedTime }) => ({ data, annex, integratedTime }))).toEqual(
        leaves.map(({ data, annex, integratedTime }) => ({ data, annex, integratedTime })),
      );
      expect(await storage.shards()).toEqual([shard, last]);
    });

    it('that fails half-way leaves nothing', async () => {
      const tile = { level: 0, index: 0, nodes: new Uint8Array(4) };
      await expect(storage.commit(batchOf(0, [newLeaf(0)], { tiles: [tile, tile] }))).rejects.toMatchObject({
        code: 'ERR_STORAGE',
      });
      expect(await storage.latest(1)).toBeUndefined();
      expect(await storage.leaf(1, 0)).toBeUndefined();
      expect(await storage.tile(1, 0, 0)).toBeUndefined();
      await storage.commit(batchOf(0, [newLeaf(0)]));
    });
  });

  describe('identities', () => {
    it('with the same first half are told apart', async () => {
      const alike = (last: number): Uint8Array => new Uint8Array(32).fill(7).fill(last, 31);
      await storage.commit(batchOf(0, [newLeaf(0, { identity: alike(0) }), newLeaf(1, { identity: alike(1) })]));
      expect(await storage.find(1, alike(0))).toBe(0);
      expect(await storage.find(1, alike(1))).toBe(1);
      expect(await storage.find(1, alike(2))).toBeUndefined();
    });
  });

  it('finds many at once, each where it is, in every shard', async () => {
    const other = { ...shard, id: 2, treeId: '2' };
    await storage.createShard(other);
    await storage.commit(
      batchOf(
        0,
        Array.from({ length: 300 }, (_, n) => newLeaf(n)),
      ),
    );
    await storage.commit(batchOf(0, [newLeaf(299), newLeaf(0)], { shard: 2 }));
    const wanted = Array.from({ length: 600 }, (_, n) => n);
    const found = await Promise.all(wanted.map((n) => storage.find(1 + (n % 2), newLeaf(n >> 1).hash)));
    expect(found).toEqual(
      wanted.map((n) => {
        if (n % 2 === 0) return n >> 1;
        return n >> 1 === 299 ? 0 : n >> 1 === 0 ? 1 : undefined;
      }),
    );
  });

  describe('a reader', () => {
    const annex = (length: number) => ({ annex: new Uint8Array(length).fill(1) });

    it('sees what the writer has committed', async () => {
      const reader = await place.openReader();
      expect(await reader.shards()).toEqual([shard]);
      expect(await reader.latest(1)).toBeUndefined();
      await storage.commit(batchOf(0, [newLeaf(0), newLeaf(1)]));
      expect(await reader.latest(1)).toEqual(await storage.latest(1));
      expect(await reader.leaf(1, 1)).toEqual(await storage.leaf(1, 1));
      expect(await reader.find(1, leafHash(leafData(1)))).toBe(1);
      await reader.close();
    });

    it('reads annexes up to a number of bytes, and one in any case', async () => {
      await storage.commit(
        batchOf(0, [newLeaf(0, annex(10)), newLeaf(1), newLeaf(2, annex(10)), newLeaf(3, annex(1))]),
      );
      const lengths = async (from: number, count: number, bytes: number) =>
        (await storage.annexes(1, from, count, bytes)).map((leaf) => [leaf.index, leaf.annex?.length]);
      expect(await lengths(0, 9, 20)).toEqual([
        [0, 10],
        [1, undefined],
        [2, 10],
      ]);
      expect(await lengths(0, 9, 19)).toHaveLength(2);
      expect(await lengths(0, 9, 21)).toHaveLength(4);
      expect(await lengths(0, 9, 0)).toHaveLength(1);
      expect(await lengths(2, 1, 0)).toEqual([[2, 10]]);
      expect(await lengths(4, 9, 9)).toEqual([]);
    });

    it('reads the attachments there are of some leaves, of one shard, and empty ones', async () => {
      const reader = await place.openReader();
      await storage.createShard({ ...shard, id: 2, treeId: '2' });
      const leaves = [0, 1, 2, 3].map((n) => newLeaf(n));
      const bytes = (length: number) => new Uint8Array(length).fill(length);
      const attachments = [3, 0, 2].map((index) => ({ index, bytes: bytes(100_000 * index) }));
      await storage.commit(batchOf(0, leaves, { attachments }));
      await storage.commit(batchOf(0, leaves, { shard: 2, attachments: [{ index: 1, bytes: bytes(1) }] }));
      const lengths = async (of: number, from: number, count: number) =>
        (await reader.attachments(of, from, count)).map((one) => [one.index, one.bytes.length]);
      expect(await lengths(1, 0, 4)).toEqual([
        [0, 0],
        [2, 200_000],
        [3, 300_000],
      ]);
      expect(await lengths(1, 1, 2)).toEqual([[2, 200_000]]);
      expect(await lengths(1, 1, 1)).toEqual([]);
      expect(await lengths(2, 0, 9)).toEqual([[1, 1]]);
      await reader.close();
    });

    it('reads heads in the order asked for, without those that are missing', async () => {
      await storage.commit(batchOf(0, [newLeaf(0), newLeaf(1), newLeaf(2)]));
      const [two, none, zero] = [2, 3, 0];
      expect(await storage.leafHeads(1, [two, none, zero])).toEqual(
        [two, zero].map((n) => ({ index: n, hash: leafHash(leafData(n)), integratedTime: 1000 + n })),
      );
    });
  });
}
