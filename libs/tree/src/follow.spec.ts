import { join } from 'node:path';
import { CountersignError } from '@countersign/errors';
import { AnchorFile, type Growth, type TreeStorage } from '@countersign/tree';
import { leafData, naiveRoot, readCheckpoint, shard, signCheckpoint, tempFolder } from '../test/fixture.ts';
import { type FakeNode, SharedFake } from './testing/shared-fake.ts';
import { Tree } from './tree.ts';

interface Node {
  readonly storage: FakeNode;
  readonly tree: Tree;
  readonly anchor: AnchorFile;
  readonly growths: Growth[];
}

/** Two nodes on one database; the first leads. */
class Pair {
  readonly fake = new SharedFake(join(tempFolder(), 'log.db'));
  readonly folders = [tempFolder(), tempFolder()];
  readonly #opened: FakeNode[] = [];

  async begin(): Promise<this> {
    const storage = await this.storage();
    await storage.takeLease('first');
    await storage.createShard(shard);
    await (await this.node(storage)).tree.drain();
    return this;
  }

  async storage(): Promise<FakeNode> {
    const storage = await this.fake.open();
    this.#opened.push(storage);
    return storage;
  }

  async node(storage: FakeNode, folder = this.folders[1] as string, wrapped: TreeStorage = storage): Promise<Node> {
    const anchor = new AnchorFile(folder, shard.id, { warn: () => undefined, intervalMs: 0 });
    const clock = () => 1_700_000_000_000;
    const tree = await Tree.open({
      storage: wrapped,
      shard,
      signCheckpoint,
      readCheckpoint,
      anchor,
      clock,
      follows: true,
      limits: { stepLeaves: 3, toldLeaves: 20, toldBytes: 250 },
    });
    const growths: Growth[] = [];
    tree.watch((growth) => growths.push(growth));
    return { storage, tree, anchor, growths };
  }

  async leader(): Promise<Node> {
    const node = await this.node(await this.storage(), this.folders[0]);
    await node.storage.takeLease('first');
    await node.tree.lead();
    return node;
  }

  async follower(): Promise<Node> {
    return this.node(await this.storage());
  }

  async close(): Promise<void> {
    for (const storage of this.#opened) await storage.close();
  }
}

let pair: Pair;
beforeEach(async () => {
  pair = await new Pair().begin();
});
afterEach(() => pair.close());

async function append(tree: Tree, from: number, to: number): Promise<void> {
  const at = Array.from({ length: to - from }, (_, offset) => from + offset);
  await Promise.all(at.map((n) => tree.append({ data: leafData(n), annex: leafData(n) })));
}

const rootOf = (size: number) => naiveRoot(Array.from({ length: size }, (_, n) => leafData(n)));

describe('Tree.catchUp', () => {
  it('shows what was committed elsewhere, tells of it once, and records the anchor', async () => {
    const leader = await pair.leader();
    const follower = await pair.follower();
    await append(leader.tree, 0, 9);
    await append(leader.tree, 9, 13);
    await follower.tree.catchUp();
    await follower.tree.catchUp();
    expect(follower.tree.snapshot).toEqual(leader.tree.snapshot);
    expect(follower.tree.snapshot.root).toEqual(rootOf(13));
    expect(follower.growths.map(({ first, leaves }) => [first, leaves.length])).toEqual([[0, 13]]);
    expect(follower.growths[0]?.leaves[12]).toMatchObject({ annex: leafData(12), integratedTime: 1_700_000_000 });
    await follower.tree.drain();
    expect(await follower.anchor.read()).toBe(leader.tree.snapshot.checkpoint);
    expect(await follower.tree.inclusionProof(7, follower.tree.snapshot)).toEqual(
      await leader.tree.inclusionProof(7, leader.tree.snapshot),
    );
  });

  it.each([
    [20, 10, 0],
    [21, 10, 21],
    [10, 25, 0],
    [10, 26, 10],
  ])('of %d leaves with annexes of %d bytes tells those from %d on', async (count, bytes, first) => {
    const leader = await pair.leader();
    const follower = await pair.follower();
    for (let n = 0; n < count; n += 1) {
      await leader.tree.append({ data: leafData(n), annex: new Uint8Array(bytes) });
    }
    await follower.tree.catchUp();
    expect(follower.tree.snapshot).toEqual(leader.tree.snapshot);
    expect(follower.growths).toHaveLength(1);
    expect(follower.growths[0]).toMatchObject({ first, snapshot: { size: count } });
    // The next commit goes on from there.
    await append(leader.tree, count, count + 1);
    await follower.tree.catchUp();
    expect(follower.growths[1]).toMatchObject({ first: count, leaves: [{ integratedTime: 1_700_000_000 }] });
  });

  const damaged: [string, string, (storage: TreeStorage) => Partial<TreeStorage>][] = [
    [
      'another history',
      'ERR_TREE_ROLLED_BACK',
      (storage) => ({
        latest: async (id) => {
          const stored = await storage.latest(id);
          const root = rootOf(stored?.size ?? 0).map((byte) => byte ^ 1);
          return stored && { ...stored, root, checkpoint: await signCheckpoint(stored.size, root) };
        },
      }),
    ],
    [
      'a checkpoint that is not signed',
      'ERR_TREE_CORRUPT',
      (storage) => ({
        latest: async (id) => {
          const stored = await storage.latest(id);
          return stored && { ...stored, checkpoint: stored.checkpoint.replace('log.test', 'log.tost') };
        },
      }),
    ],
    ['a leaf that is missing', 'ERR_TREE_CORRUPT', () => ({ leafHeads: async () => [] })],
    [
      'another leaf',
      'ERR_TREE_ROLLED_BACK',
      (storage) => ({
        leafHeads: async (id, at) =>
          (await storage.leafHeads(id, at)).map((head) => ({ ...head, hash: rootOf(7) as never })),
      }),
    ],
    [
      'an older tree',
      'ERR_TREE_ROLLED_BACK',
      () => ({
        latest: async () => ({ size: 1 as never, root: rootOf(1), checkpoint: await signCheckpoint(1, rootOf(1)) }),
      }),
    ],
    ['no tree', 'ERR_TREE_ROLLED_BACK', () => ({ latest: async () => undefined })],
  ];
  it.each(damaged)('shows nothing of %s, and stops for good', async (_, code, damage) => {
    const leader = await pair.leader();
    await append(leader.tree, 0, 3);
    const storage = await pair.storage();
    const wrapped: TreeStorage = Object.create(storage);
    const { tree, growths } = await pair.node(storage, undefined, wrapped);
    const before = tree.snapshot;
    await append(leader.tree, 3, 5);
    const kept = { ...wrapped };
    Object.assign(wrapped, damage(storage));
    await expect(tree.catchUp()).rejects.toMatchObject({ code });
    expect([tree.snapshot, growths, tree.failure]).toEqual([before, [], expect.objectContaining({ code })]);
    for (const name of Object.keys(wrapped)) if (!(name in kept)) Reflect.deleteProperty(wrapped, name);
    await expect(tree.catchUp()).rejects.toMatchObject({ code });
    await expect(tree.lead()).rejects.toMatchObject({ code });
  });
});

describe('a tree that follows', () => {
  it('takes no appends, and none that waited is committed', async () => {
    const { tree, storage } = await pair.leader();
    const appended = tree.append({ data: leafData(0) });
    storage.set('hangs');
    const waiting = [tree.append({ data: leafData(1) }), appended];
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    const following = tree.follow();
    await expect(tree.append({ data: leafData(2) })).rejects.toMatchObject({ code: 'ERR_LEASE_LOST' });
    storage.set('open');
    await following;
    for (const one of waiting) await expect(one).rejects.toMatchObject({ code: 'ERR_LEASE_LOST' });
    expect(tree.waiting).toBe(0);
    await tree.lead();
    expect((await tree.append({ data: leafData(3) })).index).toBe(0);
  });

  it('is told by the storage that it is one, and is not stopped by it', async () => {
    const first = await pair.leader();
    await append(first.tree, 0, 2);
    pair.fake.now += 10_000;
    const second = await pair.follower();
    await second.storage.takeLease('second');
    await second.tree.lead();
    await append(second.tree, 2, 4);
    await expect(first.tree.append({ data: leafData(9) })).rejects.toMatchObject({ code: 'ERR_LEASE_LOST' });
    expect(first.tree.failure).toBeUndefined();
    await first.tree.follow();
    await first.tree.catchUp();
    expect(first.tree.snapshot.root).toEqual(rootOf(4));
  });

  it.each(['answer lost', 'refused'] as const)('finds out what a commit came to (%s)', async (fate) => {
    const { tree, storage } = await pair.leader();
    await append(tree, 0, 2);
    storage.nextCommit = fate;
    const lost = tree.append({ data: leafData(2) });
    const latest = storage.latest;
    storage.latest = async () => {
      throw new CountersignError('ERR_STORAGE', 'unreachable');
    };
    await expect(lost).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    expect(tree.failure).toMatchObject({ code: 'ERR_STORAGE' });
    storage.latest = latest;
    await tree.follow();
    await tree.lead();
    expect(tree.failure).toBeUndefined();
    const size = fate === 'refused' ? 2 : 3;
    expect([tree.snapshot.size, tree.snapshot.root]).toEqual([size, rootOf(size)]);
    expect((await tree.append({ data: leafData(2) })).duplicate).toBe(fate === 'answer lost');
  });

  it('opens while another process commits, and leads only over a tree with nothing beyond its checkpoint', async () => {
    const leader = await pair.leader();
    await append(leader.tree, 0, 2);
    const old = await leader.storage.latest(shard.id);
    await append(leader.tree, 2, 3);
    const storage = await pair.storage();
    const wrapped: TreeStorage = Object.assign(Object.create(storage), { latest: async () => old });
    const { tree } = await pair.node(storage, undefined, wrapped);
    expect(tree.snapshot.size).toBe(2);
    await storage.takeLease('first');
    await expect(tree.lead()).rejects.toMatchObject({ code: 'ERR_TREE_CORRUPT' });
  });

  it('knows of a freeze elsewhere', async () => {
    const { tree } = await pair.follower();
    tree.frozenElsewhere();
    expect(tree.frozen).toBe(true);
    await expect(tree.append({ data: leafData(0) })).rejects.toMatchObject({ code: 'ERR_SHARD_FROZEN' });
  });
});
