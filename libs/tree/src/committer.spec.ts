import { CountersignError } from '@countersign/errors';
import { leafHash, verifyConsistency, verifyInclusion } from '@countersign/merkle';
import { appendLeaves, leafData, openTreeIn, readCheckpoint, signCheckpoint, tempFolder } from '../test/fixture.ts';
import type { TreeStorage } from './storage.ts';
import type { Tree } from './tree.ts';

interface Faults {
  /** What the next commit does. */
  commit?: 'refuse' | 'store and fail' | undefined;
  latest?: 'fail' | undefined;
}

function faulty(faults: Faults) {
  return (storage: TreeStorage): TreeStorage => ({
    ...storage,
    commit: async (batch) => {
      const fault = faults.commit;
      if (fault !== 'refuse') await storage.commit(batch);
      if (fault !== undefined) throw new CountersignError('ERR_STORAGE', 'disk I/O error');
    },
    latest: async (shard) => {
      if (faults.latest === 'fail') throw new CountersignError('ERR_STORAGE', 'no answer');
      return storage.latest(shard);
    },
  });
}

/** Checks that a tree holds these leaves in order, extends what it showed before, and proves them. */
async function checkTree(tree: Tree, before: Tree['snapshot'], leaves: readonly number[]): Promise<void> {
  const { size, root, checkpoint } = tree.snapshot;
  expect(size).toBe(leaves.length);
  expect(readCheckpoint(checkpoint)).toEqual({ size, root: Buffer.from(root) });
  for (const [index, leaf] of leaves.entries()) {
    expect((await tree.entry(index))?.data).toEqual(leafData(leaf));
    const hashes = await tree.inclusionProof(index, tree.snapshot);
    verifyInclusion({ leafHash: leafHash(leafData(leaf)), index, size, hashes, root });
  }
  const hashes = await tree.consistencyProof(before.size, size);
  verifyConsistency({ first: before.size, second: size, firstRoot: before.root, secondRoot: root, hashes });
}

describe('a commit that fails', () => {
  it('while signing changes nothing', async () => {
    const folder = tempFolder();
    let broken = false;
    const { tree, close } = await openTreeIn(folder, {
      signCheckpoint: async (size, root) => {
        if (broken) throw new CountersignError('ERR_SIGNER', 'no key');
        return signCheckpoint(size, root);
      },
    });
    await appendLeaves(tree, 0, 255);
    const before = tree.snapshot;
    broken = true;
    const lost = [255, 256, 256].map((n) => tree.append({ data: leafData(n) }));
    for (const append of lost) await expect(append).rejects.toMatchObject({ code: 'ERR_SIGNER' });
    expect(tree.snapshot).toBe(before);
    broken = false;
    await appendLeaves(tree, 255, 260);
    await checkTree(
      tree,
      before,
      Array.from({ length: 260 }, (_, n) => n),
    );
    await close();
    const again = await openTreeIn(folder);
    await checkTree(
      again.tree,
      before,
      Array.from({ length: 260 }, (_, n) => n),
    );
    await again.close();
  });

  it('and stored nothing rejects its batch and goes on', async () => {
    const folder = tempFolder();
    const faults: Faults = {};
    const { tree, close } = await openTreeIn(folder, { wrap: faulty(faults) });
    await appendLeaves(tree, 0, 3);
    const before = tree.snapshot;
    faults.commit = 'refuse';
    const lost = [3, 4].map((n) => tree.append({ data: leafData(n) }));
    for (const append of lost) await expect(append).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    expect(tree.snapshot).toBe(before);
    expect(tree.failure).toBeUndefined();
    faults.commit = undefined;
    expect(await tree.append({ data: leafData(4) })).toMatchObject({ index: 3, duplicate: false });
    await checkTree(tree, before, [0, 1, 2, 4]);
    await close();
    const again = await openTreeIn(folder);
    await checkTree(again.tree, before, [0, 1, 2, 4]);
    await again.close();
  });

  it('and was stored all the same is found out and acknowledged', async () => {
    const folder = tempFolder();
    const faults: Faults = {};
    const { tree, close } = await openTreeIn(folder, { wrap: faulty(faults) });
    await appendLeaves(tree, 0, 254);
    const before = tree.snapshot;
    faults.commit = 'store and fail';
    await appendLeaves(tree, 254, 258);
    faults.commit = undefined;
    await appendLeaves(tree, 258, 260);
    await checkTree(
      tree,
      before,
      Array.from({ length: 260 }, (_, n) => n),
    );
    await close();
    const again = await openTreeIn(folder);
    await checkTree(
      again.tree,
      before,
      Array.from({ length: 260 }, (_, n) => n),
    );
    await again.close();
  });

  it.each(['refuse', 'store and fail'] as const)('with nobody to say how (%s) stops the tree', async (commit) => {
    const folder = tempFolder();
    const faults: Faults = {};
    const { tree, close } = await openTreeIn(folder, { wrap: faulty(faults) });
    await appendLeaves(tree, 0, 3);
    const before = tree.snapshot;
    Object.assign(faults, { commit, latest: 'fail' });
    await expect(tree.append({ data: leafData(3) })).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    Object.assign(faults, { commit: undefined, latest: undefined });
    await expect(tree.append({ data: leafData(4) })).rejects.toThrow(/takes no more entries.*start again/);
    expect(tree.failure).toMatchObject({ code: 'ERR_STORAGE' });
    // What was shown is still there to be read.
    expect(tree.snapshot).toBe(before);
    await checkTree(tree, before, [0, 1, 2]);
    await close();
    const again = await openTreeIn(folder);
    await checkTree(again.tree, before, commit === 'refuse' ? [0, 1, 2] : [0, 1, 2, 3]);
    await appendLeaves(again.tree, again.tree.snapshot.size, 10);
    await again.close();
  });

  it('because another writer was there stops the tree and stores nothing', async () => {
    const folder = tempFolder();
    const first = await openTreeIn(folder);
    const second = await openTreeIn(folder);
    await appendLeaves(first.tree, 0, 3);
    await expect(second.tree.append({ data: leafData(7) })).rejects.toThrow(/is another one using the same data/);
    await expect(second.tree.append({ data: leafData(8) })).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    expect(second.tree.snapshot.size).toBe(0);
    await second.close();
    await first.close();
  });
});
