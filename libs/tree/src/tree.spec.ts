import { CountersignError } from '@countersign/errors';
import { leafHash, treeSize, verifyConsistency, verifyInclusion } from '@countersign/merkle';
import fc from 'fast-check';
import { appendLeaves, leafData, naiveRoot, openTreeIn, readCheckpoint, shard, tempFolder } from '../test/fixture.ts';
import type { Tree } from './tree.ts';

/** Checks the inclusion of some leaves in the tree's newest snapshot, as a client would. */
async function proveLeaves(tree: Tree, indexes: readonly number[]): Promise<void> {
  const { size, root } = tree.snapshot;
  for (const index of indexes) {
    const hashes = await tree.inclusionProof(index, { size });
    verifyInclusion({ leafHash: leafHash(leafData(index)), index, size, hashes, root });
  }
}

describe('an open tree', () => {
  it('has a signed checkpoint before its first leaf', async () => {
    const { tree, close } = await openTreeIn(tempFolder());
    expect(tree.snapshot.size).toBe(0);
    expect(Buffer.from(tree.snapshot.root).toString('hex')).toMatch(/^e3b0c442/);
    expect(readCheckpoint(tree.snapshot.checkpoint)).toEqual({ size: 0, root: Buffer.from(tree.snapshot.root) });
    expect(await tree.consistencyProof(0, 0)).toEqual([]);
    expect(await tree.entry(0)).toBeUndefined();
    await expect(tree.inclusionProof(0, tree.snapshot)).rejects.toMatchObject({ code: 'ERR_PROOF_RANGE' });
    await close();
  });

  it('gives back what was appended', async () => {
    const { tree, close } = await openTreeIn(tempFolder());
    const identity = new Uint8Array(32).fill(7);
    await tree.append({ data: leafData(0) });
    const { index } = await tree.append({ data: leafData(1), identity, annex: new Uint8Array([9]) });
    const integratedTime = 1_700_000_000;
    expect(await tree.entry(index)).toEqual({
      index: 1,
      hash: new Uint8Array(leafHash(leafData(1))),
      data: leafData(1),
      integratedTime,
      identity,
      annex: new Uint8Array([9]),
      checksum: expect.any(Number),
    });
    expect(await tree.find(identity)).toBe(1);
    expect(await tree.find(leafHash(leafData(0)))).toBe(0);
    expect(await tree.find(leafHash(leafData(1)))).toBeUndefined();
    await close();
  });

  it('gives back attachments by themselves, and a leaf keeps the one it came with, or none', async () => {
    const { tree, close } = await openTreeIn(tempFolder());
    const [first, twin] = [1, 2].map((n) => tree.append({ data: leafData(0), attachment: leafData(n) }));
    expect([(await first)?.duplicate, (await twin)?.duplicate]).toEqual([false, true]);
    await tree.append({ data: leafData(1) });
    for (const n of [0, 1]) await tree.append({ data: leafData(n), attachment: leafData(3) });
    await tree.append({ data: leafData(2), attachment: leafData(4) });
    expect([await tree.attachment(0), await tree.attachment(2)]).toEqual([leafData(1), leafData(4)]);
    expect(await tree.entry(0)).not.toHaveProperty('attachment');
    for (const none of [-1, 1, 3]) expect(await tree.attachment(none)).toBeUndefined();
    await close();
  });

  it('has the root and the proofs of a naive tree at every size, whatever the batches', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 8 }), async (batches) => {
        const { tree, close } = await openTreeIn(tempFolder());
        let size = 0;
        for (const count of batches) {
          const before = tree.snapshot;
          await appendLeaves(tree, size, size + count);
          size += count;
          const { root } = tree.snapshot;
          expect(Buffer.from(root)).toEqual(
            Buffer.from(naiveRoot(Array.from({ length: size }, (_, n) => leafData(n)))),
          );
          const hashes = await tree.consistencyProof(before.size, size);
          verifyConsistency({ first: before.size, second: size, firstRoot: before.root, secondRoot: root, hashes });
          await proveLeaves(tree, [0, size - count, size - 1]);
        }
        await close();
      }),
      { numRuns: 15 },
    );
  });

  it('proves nothing beyond its newest snapshot', async () => {
    const { tree, close } = await openTreeIn(tempFolder());
    await appendLeaves(tree, 0, 3);
    for (const index of [-1, 0.5, 3, Number.NaN]) expect(await tree.entry(index)).toBeUndefined();
    const outOfRange = { code: 'ERR_PROOF_RANGE' };
    await expect(tree.inclusionProof(0, { size: treeSize(4) })).rejects.toMatchObject(outOfRange);
    await expect(tree.inclusionProof(3, tree.snapshot)).rejects.toMatchObject(outOfRange);
    await expect(tree.inclusionProof(-1, tree.snapshot)).rejects.toMatchObject(outOfRange);
    await expect(tree.consistencyProof(1, 4)).rejects.toMatchObject(outOfRange);
    await expect(tree.consistencyProof(3, 2)).rejects.toMatchObject(outOfRange);
    await close();
  });

  it('shows a leaf only with the snapshot that proves it', async () => {
    let release = (): void => {};
    const stored = new Promise<void>((resolveStored) => {
      release = resolveStored;
    });
    let reached = (): void => {};
    const persisted = new Promise<void>((resolvePersisted) => {
      reached = resolvePersisted;
    });
    const { tree, close } = await openTreeIn(tempFolder(), {
      wrap: (storage) => ({
        ...storage,
        commit: async (batch) => {
          await storage.commit(batch);
          if (batch.leaves.length === 0) return;
          reached();
          await stored;
        },
      }),
    });
    const append = tree.append({ data: leafData(0) });
    await persisted;
    expect(tree.snapshot.size).toBe(0);
    expect(await tree.entry(0)).toBeUndefined();
    expect(await tree.find(leafHash(leafData(0)))).toBeUndefined();
    release();
    expect((await append).snapshot).toBe(tree.snapshot);
    expect(await tree.find(leafHash(leafData(0)))).toBe(0);
    await close();
  });

  it('tells entries apart by their identity, not by their bytes', async () => {
    const { tree, close } = await openTreeIn(tempFolder());
    const identity = new Uint8Array(32).fill(1);
    await tree.append({ data: leafData(0), identity });
    expect(await tree.append({ data: leafData(1), identity })).toMatchObject({ index: 0, duplicate: true });
    expect(await tree.append({ data: leafData(0) })).toMatchObject({ index: 1, duplicate: false });
    for (const length of [31, 33]) {
      await expect(tree.append({ data: leafData(2), identity: new Uint8Array(length) })).rejects.toThrow(RangeError);
    }
    await close();
  });

  it('that is frozen can be read and takes nothing', async () => {
    const folder = tempFolder();
    const active = await openTreeIn(folder);
    await appendLeaves(active.tree, 0, 3);
    await active.close();
    const { tree, close } = await openTreeIn(folder, { shard: { ...shard, state: 'frozen' } });
    await expect(tree.append({ data: leafData(3) })).rejects.toMatchObject({ code: 'ERR_SHARD_FROZEN' });
    await proveLeaves(tree, [0, 1, 2]);
    await close();
  });

  it('is frozen after what came before, and refuses what came meanwhile', async () => {
    const folder = tempFolder();
    const { tree, storage, anchor, close } = await openTreeIn(folder);
    const before = [0, 1].map((n) => tree.append({ data: leafData(n) }));
    let meanwhile: Promise<unknown> | undefined;
    await tree.freeze(async () => {
      expect(tree.snapshot.size).toBe(2);
      expect(await anchor.read()).toBe(tree.snapshot.checkpoint);
      meanwhile = tree.append({ data: leafData(2) });
      meanwhile.catch(() => undefined);
      await storage.freezeShard(shard.id);
      expect(tree.frozen).toBe(false);
    });
    expect((await Promise.all(before)).map(({ index }) => index)).toEqual([0, 1]);
    await expect(meanwhile).rejects.toMatchObject({ code: 'ERR_SHARD_FROZEN' });
    await expect(tree.append({ data: leafData(0) })).rejects.toMatchObject({ code: 'ERR_SHARD_FROZEN' });
    expect([tree.frozen, tree.waiting, tree.snapshot.size]).toEqual([true, 0, 2]);
    await close();
  });

  it('is not frozen before what was appended is stored', async () => {
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { tree, close } = await openTreeIn(tempFolder(), {
      wrap: (storage) => ({
        ...storage,
        commit: async (batch) => {
          if (batch.leaves.length > 0) await gate;
          await storage.commit(batch);
        },
      }),
    });
    const before = tree.append({ data: leafData(0) });
    let size: number | undefined;
    const freezing = tree.freeze(async () => {
      size = tree.snapshot.size;
    });
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    expect(size).toBeUndefined();
    release();
    await freezing;
    expect(size).toBe(1);
    expect((await before).index).toBe(0);
    await close();
  });

  it('goes on when it cannot be frozen', async () => {
    const { tree, close } = await openTreeIn(tempFolder());
    let meanwhile: Promise<{ readonly index: number }> | undefined;
    const freezing = tree.freeze(async () => {
      meanwhile = tree.append({ data: leafData(0) });
      throw new CountersignError('ERR_STORAGE', 'disk full');
    });
    await expect(freezing).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    expect((await meanwhile)?.index).toBe(0);
    expect(tree.frozen).toBe(false);
    await close();
  });

  it('takes nothing after a drain, and answers what came before', async () => {
    const { tree, close } = await openTreeIn(tempFolder());
    const appends = Array.from({ length: 300 }, (_, n) => tree.append({ data: leafData(n) }));
    await tree.drain();
    expect(tree.snapshot.size).toBe(300);
    expect(await Promise.all(appends)).toHaveLength(300);
    await expect(tree.append({ data: leafData(300) })).rejects.toMatchObject({ code: 'ERR_SHUTTING_DOWN' });
    await proveLeaves(tree, [0, 299]);
    await close();
  });
});
