import { leafHash, verifyConsistency, verifyInclusion } from '@countersign/merkle';
import { leafData, openTreeIn, readCheckpoint, tempFolder } from '../test/fixture.ts';
import type { Snapshot } from './shard.ts';
import type { Tree } from './tree.ts';

async function checkInclusion(tree: Tree, index: number, snapshot: Snapshot): Promise<void> {
  const { size, root, checkpoint } = snapshot;
  const signed = readCheckpoint(checkpoint);
  expect([signed.size, Buffer.from(signed.root)]).toEqual([size, Buffer.from(root)]);
  const leaf = await tree.entry(index);
  if (leaf === undefined) throw new Error(`no leaf ${index}`);
  const hashes = await tree.inclusionProof(index, snapshot);
  verifyInclusion({ leafHash: leafHash(leaf.data), index, size, hashes, root });
}

describe('fifty at once', () => {
  it('append equal leaves: one place, forty-nine duplicates, and so again after a restart', async () => {
    const folder = tempFolder();
    const first = await openTreeIn(folder);
    const appended = await Promise.all(Array.from({ length: 50 }, () => first.tree.append({ data: leafData(1) })));
    expect(appended.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
    expect(new Set(appended.map(({ index }) => index))).toEqual(new Set([0]));
    expect(first.tree.snapshot.size).toBe(1);
    for (const { snapshot } of appended) await checkInclusion(first.tree, 0, snapshot);
    await first.close();

    const second = await openTreeIn(folder, { clock: () => 1_800_000_000_000 });
    const again = await second.tree.append({ data: leafData(1) });
    expect(again).toMatchObject({ index: 0, duplicate: true, integratedTime: 1_700_000_000 });
    expect(again.snapshot).toEqual(second.tree.snapshot);
    expect(second.tree.snapshot.size).toBe(1);
    await second.close();
  });

  it('write while fifty read, and every proof, root and checkpoint agree', async () => {
    const { tree, close } = await openTreeIn(tempFolder(), { limits: { cachedTiles: 1 } });
    const seen: Snapshot[] = [tree.snapshot];
    let writing = 50;
    const write = async (writer: number): Promise<void> => {
      for (let n = 0; n < 30; n += 1) {
        const { index, snapshot } = await tree.append({ data: leafData(writer * 1000 + n) });
        await checkInclusion(tree, index, snapshot);
      }
      writing -= 1;
    };
    const read = async (reader: number): Promise<void> => {
      for (let round = 0; writing > 0; round += 1) {
        const before = tree.snapshot;
        await new Promise(setImmediate);
        const { size, root } = tree.snapshot;
        seen.push(tree.snapshot);
        if (before.size > 0) await checkInclusion(tree, (reader * 7919 + round) % before.size, before);
        const hashes = await tree.consistencyProof(before.size, size);
        verifyConsistency({ first: before.size, second: size, firstRoot: before.root, secondRoot: root, hashes });
      }
    };
    const fifty = Array.from({ length: 50 }, (_, n) => n);
    await Promise.all([...fifty.map(write), ...fifty.map(read)]);

    const { size, root } = tree.snapshot;
    expect(size).toBe(1500);
    const bySize = new Map<number, Snapshot>();
    for (const snapshot of seen) {
      expect(bySize.get(snapshot.size)?.checkpoint ?? snapshot.checkpoint).toBe(snapshot.checkpoint);
      bySize.set(snapshot.size, snapshot);
    }
    for (const { size: first, root: firstRoot } of bySize.values()) {
      const hashes = await tree.consistencyProof(first, size);
      verifyConsistency({ first, second: size, firstRoot, secondRoot: root, hashes });
    }
    await close();
  });
});
