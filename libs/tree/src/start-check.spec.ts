import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { leafHash, treeSize, verifyInclusion } from '@countersign/merkle';
import {
  appendLeaves,
  leafData,
  openTreeIn,
  readCheckpoint,
  shard,
  signCheckpoint,
  tempFolder,
} from '../test/fixture.ts';
import { RightEdge } from './right-edge.ts';
import { openSqliteStorage } from './storage/sqlite-storage.ts';
import type { StoredLeaf, TreeStorage } from './storage.ts';

function flip(bytes: Uint8Array, at = bytes.length - 1): Uint8Array {
  const flipped = new Uint8Array(bytes);
  flipped[at] = (flipped[at] ?? 0) ^ 1;
  return flipped;
}

/** Fills a folder with a tree of `size` leaves, past the sequencer: fast enough for large ones. */
async function fill(folder: string, size: number): Promise<void> {
  const opened = await openTreeIn(folder);
  await opened.close();
  const storage = await openSqliteStorage(join(folder, 'log.db'));
  const leaves = Array.from({ length: size }, (_, n) => ({
    hash: leafHash(leafData(n)),
    data: leafData(n),
    integratedTime: 1_700_000_000,
    identity: undefined,
    annex: undefined,
  }));
  const { edge, full } = RightEdge.empty.extend(leaves.map(({ hash }) => hash));
  const root = edge.root();
  const snapshot = { size: treeSize(size), root, checkpoint: await signCheckpoint(size, root) };
  await storage.commit({ shard: shard.id, first: 0, leaves, attachments: [], tiles: full, snapshot });
  await storage.close();
}

/** Storage that answers one question with something else. */
function damaged(change: Partial<{ [K in keyof TreeStorage]: (storage: TreeStorage) => TreeStorage[K] }>) {
  return (storage: TreeStorage): TreeStorage => ({
    ...storage,
    ...Object.fromEntries(Object.entries(change).map(([name, make]) => [name, make(storage)])),
  });
}

function damagedLeaf(index: number, change: (leaf: StoredLeaf) => StoredLeaf | undefined) {
  return damaged({
    leaves: (storage) => async (id, from, count) =>
      (await storage.leaves(id, from, count)).flatMap((leaf) => (leaf.index === index ? (change(leaf) ?? []) : [leaf])),
  });
}

function damagedTile(level: number, index: number, change: (nodes: Uint8Array) => Uint8Array | undefined) {
  return damaged({
    tile: (storage) => async (id, atLevel, at) => {
      const nodes = await storage.tile(id, atLevel, at);
      return nodes && atLevel === level && at === index ? change(nodes) : nodes;
    },
  });
}

describe('opening a stored tree', () => {
  it.each([
    1, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537,
  ])('of %i leaves goes on where it was', async (size) => {
    const folder = tempFolder();
    await fill(folder, size);
    const { tree, close } = await openTreeIn(folder);
    expect(tree.snapshot.size).toBe(size);
    await appendLeaves(tree, size, size + 300);
    const { root } = tree.snapshot;
    for (const index of [0, size - 1, size, size + 299]) {
      const hashes = await tree.inclusionProof(index, tree.snapshot);
      verifyInclusion({ leafHash: leafHash(leafData(index)), index, size: size + 300, hashes, root });
    }
    await close();
    const again = await openTreeIn(folder);
    expect(again.tree.snapshot.root).toEqual(root);
    await again.close();
  });

  it('keeps every snapshot and time of before', async () => {
    const folder = tempFolder();
    const first = await openTreeIn(folder, { clock: () => 1_800_000_000_999 });
    const { integratedTime } = await first.tree.append({ data: leafData(0) });
    expect(integratedTime).toBe(1_800_000_000);
    const before = first.tree.snapshot;
    await first.close();
    // The clock went back; the log's times do not.
    const second = await openTreeIn(folder, { clock: () => 1_600_000_000_000 });
    expect(second.tree.snapshot).toEqual({ ...before, root: new Uint8Array(before.root) });
    expect(await second.tree.append({ data: leafData(1) })).toMatchObject({ integratedTime: 1_800_000_000 });
    await second.close();
  });
});

describe('one flipped byte or missing row', () => {
  const small = tempFolder();
  const large = tempFolder();
  beforeAll(async () => {
    await fill(small, 600);
    // Two full tiles on level 1, the second one just ended: nothing of it is on a partial tile.
    await fill(large, 2 * 65_536);
  });

  const damages: [string, string, string, (storage: TreeStorage) => TreeStorage, RegExp][] = [];
  const add = (name: string, folder: string, wrap: (storage: TreeStorage) => TreeStorage, says: RegExp): void => {
    damages.push([name, folder === small ? 'small' : 'large', folder, wrap, says]);
  };
  for (const index of [512, 555, 599, 256, 300, 511]) {
    const says = new RegExp(`shard 1: .* leaf ${index} .*expected [0-9a-f]{64}, found [0-9a-f]{64}`);
    add(
      `data of leaf ${index}`,
      small,
      damagedLeaf(index, (leaf) => ({ ...leaf, data: flip(leaf.data) })),
      says,
    );
    add(
      `hash of leaf ${index}`,
      small,
      damagedLeaf(index, (leaf) => ({ ...leaf, hash: flip(leaf.hash, 3) as never })),
      says,
    );
    add(
      `leaf ${index} gone`,
      small,
      damagedLeaf(index, () => undefined),
      new RegExp(`leaf ${index} is missing`),
    );
  }
  for (const index of [512, 599]) {
    const other = { data: leafData(9000), hash: leafHash(leafData(9000)) };
    add(
      `leaf ${index} replaced`,
      small,
      damagedLeaf(index, (leaf) => ({ ...leaf, ...other })),
      /do not lead to its signed root/,
    );
  }
  const other = { data: leafData(9000), hash: leafHash(leafData(9000)) };
  add(
    'leaf 300 replaced',
    small,
    damagedLeaf(300, (leaf) => ({ ...leaf, ...other })),
    /tile 0\/1 .* leaf 300/,
  );
  for (const [folder, level, index] of [
    [small, 0, 0],
    [small, 0, 1],
    [large, 0, 511],
    [large, 1, 0],
    [large, 1, 1],
  ] as const) {
    for (const at of [0, 4000, 8191, 8192, 12_000, 16_351]) {
      const says = new RegExp(`shard 1: .*tile ${level}/${index}`);
      const name = `byte ${at} of tile ${level}/${index}`;
      add(
        name,
        folder,
        damagedTile(level, index, (nodes) => flip(nodes, at)),
        says,
      );
    }
    add(
      `tile ${level}/${index} gone`,
      folder,
      damagedTile(level, index, () => undefined),
      /tile \d\/\d+ is missing/,
    );
  }
  add(
    'tile 1/1 replaced by a whole other one',
    large,
    damaged({ tile: (storage) => (id, level, index) => storage.tile(id, level, level === 1 ? 0 : index) }),
    /tile 1\/1 does not end with the root/,
  );
  const latest = (change: Partial<Record<'size' | 'root' | 'checkpoint', (value: never) => unknown>>) =>
    damaged({
      latest: (storage) => async (id) => {
        const stored = await storage.latest(id);
        return Object.fromEntries(
          Object.entries(stored ?? {}).map(([key, value]) => [key, change[key as 'size']?.(value as never) ?? value]),
        ) as never;
      },
    });
  add(
    "the checkpoint's size",
    small,
    latest({ size: (size: number) => size ^ 1 }),
    /not about the stored size and root/,
  );
  add("the checkpoint's root", small, latest({ root: (root: Uint8Array) => flip(root) }), /not about the stored size/);
  for (const at of [0, 17, 30, 80, 100]) {
    const change = (text: string): string => Buffer.from(flip(Buffer.from(text), at)).toString();
    add(`byte ${at} of the checkpoint`, small, latest({ checkpoint: change }), /not one that this shard's key signed/);
  }
  add(
    'a leaf beyond the checkpoint',
    small,
    damaged({ leafHashes: () => async () => [new Uint8Array(32)] }),
    /there is a leaf 600/,
  );

  it.each(damages)('stops the start: %s (%s tree)', async (_name, _size, folder, wrap, says) => {
    const refused = openTreeIn(folder, { wrap });
    await expect(refused).rejects.toMatchObject({ code: 'ERR_TREE_CORRUPT', message: expect.stringMatching(says) });
    await expect(refused).rejects.toThrow(/do not delete it.*restore the newest backup/);
  });

  it('on the disk itself stops it too', async () => {
    const copy = tempFolder();
    cpSync(small, copy, { recursive: true });
    const path = join(copy, 'log.db');
    const content = readFileSync(path);
    const at = content.lastIndexOf('leaf 599');
    content.writeUInt8(content.readUInt8(at) ^ 1, at);
    writeFileSync(path, content);
    await expect(openTreeIn(copy)).rejects.toMatchObject({ code: 'ERR_TREE_CORRUPT' });
  });

  it('leaves without a checkpoint are not a new tree', async () => {
    const wrap = damaged({ latest: () => async () => undefined });
    const unanchored = tempFolder();
    cpSync(join(small, 'log.db'), join(unanchored, 'log.db'));
    await expect(openTreeIn(unanchored, { wrap })).rejects.toMatchObject({ code: 'ERR_TREE_CORRUPT' });
  });

  it('nothing of this was written to the tree', async () => {
    for (const [folder, size] of [
      [small, 600],
      [large, 2 * 65_536],
    ] as const) {
      const { tree, close } = await openTreeIn(folder);
      expect(tree.snapshot.size).toBe(size);
      expect(readCheckpoint(tree.snapshot.checkpoint).size).toBe(size);
      await close();
    }
  });
});
