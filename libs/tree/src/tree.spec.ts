import { leafHash, verifyConsistency, verifyInclusion } from '@countersign/merkle';
import fc from 'fast-check';
import { appendLeaves, leafData, naiveRoot, openTreeIn, readCheckpoint, tempFolder } from '../test/fixture.ts';
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
    });
    expect(await tree.find(identity)).toBe(1);
    expect(await tree.find(leafHash(leafData(0)))).toBe(0);
    expect(await tree.find(leafHash(leafData(1)))).toBeUndefined();
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
});
