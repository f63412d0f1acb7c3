import { copyFileSync, readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { leaseLimits } from '@countersign/tree';
import { Cluster, type ClusterNode } from '../test/shared-cluster.ts';
import { sharedLimits } from './limits.ts';
import { keyFile } from './shard.ts';

let cluster: Cluster;
beforeEach(() => {
  cluster = new Cluster();
});
afterEach(() => cluster.close());

const size = ({ log }: ClusterNode): number => log.service.info().treeSize;
const leads = (...nodes: readonly ClusterNode[]): boolean[] => nodes.map(({ log }) => log.shared.leads);

/** Seconds until another node leads. */
async function takeover(node: ClusterNode): Promise<number> {
  for (let seconds = 0; ; seconds += 1) {
    if (node.log.shared.leads) return seconds;
    await cluster.second(node);
  }
}

describe('openSharedLog', () => {
  it('makes the log once, and its entry 0; a second node finds both', async () => {
    const [first, second] = await cluster.two(true);
    expect(first.created).toHaveLength(3);
    expect(first.created[2]).toMatch(/^entry 0, about the log itself: [0-9a-f]{80}$/);
    expect(second.created).toEqual([]);
    expect(leads(first, second)).toEqual([true, false]);
    expect(second.log.service.info()).toEqual(first.log.service.info());
    expect(size(second)).toBe(1);
  });

  it('waits for a node that is making it, and makes it itself when that has ended', async () => {
    expect(cluster.fake.take('ended')).toBeDefined();
    const node = await cluster.open('first');
    expect(cluster.now).toBeGreaterThanOrEqual(leaseLimits.ttlMs);
    expect(leads(node)).toEqual([true]);
  });

  it('refuses a node without the key, and says which file to copy from where', async () => {
    const first = await cluster.open('first');
    await expect(cluster.open('second')).rejects.toMatchObject({
      code: 'ERR_SIGNER',
      message: expect.stringMatching(/copy .*keys.rekor-v1-\d+\.pem from a node that has it$/),
    });
    await cluster.open('third', first);
  });
});

describe('a node that follows', () => {
  it('takes uploads, and answers with what the leader has made of them', async () => {
    const [first, second] = await cluster.two();
    const ids = await Promise.all(['a', 'b', 'c'].map((value) => second.upload(value)));
    expect([size(first), size(second)]).toEqual([3, 3]);
    for (const id of ids) {
      const entry = await second.log.service.byId(id);
      expect(entry).toMatchObject({ id, integratedTime: 1_700_000_000 });
      // With what was left beside it.
      expect(entry?.attestation).toBe(entry?.body);
      expect(await first.log.service.byId(id)).toMatchObject({ id, attestation: entry?.body });
    }
    expect(cluster.fake.submissions.size).toBe(0);
    expect(second.told.flatMap((one) => ('leaves' in one ? one.leaves : []))).toHaveLength(3);
  });

  it('is not believed what others write into the queue', async () => {
    const [first] = await cluster.two();
    await first.storage.submit({
      id: 'x',
      data: new Uint8Array(9),
      identity: undefined,
      annex: undefined,
      attachment: undefined,
    });
    await cluster.quiet();
    expect([cluster.fake.submissions.size, size(first)]).toEqual([0, 0]);
    expect(first.warnings.join()).toMatch(/was not left there by a node of this log/);
  });

  it('knows a duplicate, before and after it was left', async () => {
    const [first, second] = await cluster.two();
    const id = await first.upload('a');
    await cluster.quiet();
    const exists = { code: 'ERR_ENTRY_EXISTS' };
    await expect(second.upload('a')).rejects.toMatchObject({ ...exists, details: { entryId: id } });
    const same = await Promise.allSettled([second.upload('b'), second.upload('b')]);
    expect(same).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: exists }]);
    expect(size(second)).toBe(2);
  });

  it('refuses an upload that nobody sequences in time, and takes it back', async () => {
    const [first, second] = await cluster.two();
    first.storage.set('hangs');
    const refused = expect(second.upload('a')).rejects.toMatchObject({
      code: 'ERR_NO_SEQUENCER',
      details: { retryAfterSeconds: sharedLimits.retryAfterSeconds },
    });
    // Somebody holds the lease, and does nothing.
    const take = second.storage.takeLease;
    second.storage.takeLease = async () => undefined;
    await cluster.quiet();
    expect(cluster.fake.submissions.size).toBe(1);
    for (let ms = 0; ms < sharedLimits.waitMs; ms += 1000) await cluster.second(second);
    await refused;
    expect(cluster.fake.submissions.size).toBe(0);
    second.storage.takeLease = take;
  });

  it('has a bounded queue', async () => {
    const [first, second] = await cluster.two();
    first.storage.set('hangs');
    const taken = Array.from({ length: 20 }, (_, n) => second.upload(`${n}`));
    await cluster.quiet();
    await expect(second.upload('20')).rejects.toMatchObject({ code: 'ERR_QUEUE_FULL' });
    first.storage.set('open');
    await cluster.second();
    await Promise.all(taken);
    await second.upload('20');
  });

  it('sends again what it could not send', async () => {
    const [, second] = await cluster.two();
    second.storage.set('cut');
    const id = second.upload('a');
    await cluster.second(second);
    second.storage.set('open');
    await cluster.second(second);
    expect(await second.log.service.byId(await id)).toBeDefined();
  });

  it('is not ready when it has not seen the database for longer than a takeover takes', async () => {
    const [, second] = await cluster.two();
    second.storage.set('cut');
    for (let ms = 0; ms < sharedLimits.staleMs; ms += 1000) await cluster.second(second);
    expect(second.log.service.failure).toBeUndefined();
    await cluster.second(second);
    expect(second.log.service.failure).toMatchObject({ code: 'ERR_STORAGE' });
    expect(second.log.shared.lagMs).toBe(6000);
    second.storage.set('open');
    await cluster.second();
    expect(second.log.service.failure).toBeUndefined();
  });

  it('stops for a leader that has signed another history, for good', async () => {
    const [first, second] = await cluster.two();
    await second.upload('a');
    const before = second.log.service.info();
    second.storage.latest = async () => undefined;
    await first.upload('b');
    await cluster.quiet();
    expect(second.log.service.failure).toMatchObject({ code: 'ERR_TREE_ROLLED_BACK' });
    expect(second.log.service.info()).toEqual(before);
    await expect(second.upload('c')).rejects.toMatchObject({ code: 'ERR_NO_SEQUENCER' });
    first.storage.set('cut');
    for (let seconds = 0; seconds < 6; seconds += 1) await cluster.second(second);
    expect(leads(second)).toEqual([false]);
  });
});

describe('takeover', () => {
  it('follows at once when the leader stops', async () => {
    const [first, second] = await cluster.two();
    const closing = first.log.close();
    await cluster.quiet();
    await closing;
    expect(await takeover(second)).toBe(1);
    await second.upload('a');
  });

  it.each([
    ['hangs', 5],
    ['cut', 5],
  ] as const)('within five seconds when the leader %s, whose clients are answered all the same', async (reach, most) => {
    const [first, second] = await cluster.two();
    await first.upload('a');
    first.storage.set(reach);
    const late = first.upload('b');
    await cluster.quiet();
    const elsewhere = second.upload('c');
    expect(await takeover(second)).toBeLessThan(most);
    await elsewhere;
    // It wakes up.
    first.storage.set('open');
    await cluster.second();
    await cluster.second();
    await cluster.quiet();
    expect(leads(first, second)).toEqual([false, true]);
    expect(await first.log.service.byId(await late)).toBeDefined();
    expect(first.log.service.info()).toEqual(second.log.service.info());
    expect(size(first)).toBe(3);
    expect(first.roles).toEqual([true, false]);
  });

  it('leaves no client of the leader waiting when the database answers nothing at all', async () => {
    const [first, second] = await cluster.two();
    first.storage.set('hangs');
    const refused = expect(first.upload('a')).rejects.toMatchObject({ code: 'ERR_NO_SEQUENCER' });
    const seconds = (leaseLimits.ttlMs + sharedLimits.waitMs) / 1000 + 1;
    for (let second = 0; second < seconds; second += 1) await cluster.second(first);
    await refused;
    await takeover(second);
    await second.upload('b');
  });

  it.each(['refused', 'answer lost'] as const)('is not needed for a commit that was %s', async (fate) => {
    const [first, second] = await cluster.two();
    first.storage.nextCommit = fate;
    const id = await first.upload('a');
    await cluster.quiet();
    expect(await second.log.service.byId(id)).toBeDefined();
    expect(size(first)).toBe(1);
    expect(leads(first)).toEqual([true]);
  });

  it('is what a leader does with itself that cannot tell what is stored', async () => {
    const [first, second] = await cluster.two();
    const { latest } = first.storage;
    let isLost = true;
    first.storage.latest = async (shard) => {
      if (isLost) throw Object.assign(new Error('lost'), { code: 'ERR_STORAGE' });
      return latest(shard);
    };
    first.storage.nextCommit = 'answer lost';
    const upload = first.upload('a');
    await cluster.quiet();
    expect(leads(first)).toEqual([false]);
    isLost = false;
    await cluster.second(first);
    expect(await second.log.service.byId(await upload)).toBeDefined();
    expect([size(first), ...leads(first)]).toEqual([1, true]);
  });

  it('by a leader that was stopped: it commits nothing before it knows', async () => {
    const [first, second] = await cluster.two();
    // Its time stands still: no beat.
    cluster.pass(leaseLimits.ttlMs + 1);
    await cluster.second(second);
    expect(leads(first, second)).toEqual([true, true]);
    await second.upload('a');
    const id = await first.upload('b');
    await cluster.quiet();
    expect(leads(first, second)).toEqual([false, true]);
    expect(first.log.service.info()).toEqual(second.log.service.info());
    expect(await second.log.service.byId(id)).toMatchObject({ logIndex: 1 });
  });
});

describe('shards', () => {
  it('that the leader begins are opened by the others, which copy the key they have', async () => {
    const [first, second] = await cluster.two(true);
    await second.upload('a');
    const uploads = ['b', 'c', 'd'].map((value) => second.upload(value));
    await first.log.admin.roll(false);
    const ids = await Promise.all([...uploads, second.upload('e')]);
    await cluster.quiet();
    expect(second.log.service.info()).toEqual(first.log.service.info());
    const { treeID, inactiveShards } = second.log.service.info();
    expect(inactiveShards).toHaveLength(1);
    const [older = ''] = (inactiveShards ?? []).map((shard) => keyFile(`${second.folder}/keys`, shard.treeID));
    expect(readFileSync(keyFile(`${second.folder}/keys`, treeID))).toEqual(readFileSync(older));
    for (const id of ids) expect(await second.log.service.byId(id)).toEqual(expect.objectContaining({ id }));
    // Either may lead on.
    first.storage.set('cut');
    await takeover(second);
    await second.log.admin.roll(false);
    first.storage.set('open');
    await cluster.second();
    await cluster.second();
    expect(first.log.service.info()).toEqual(second.log.service.info());
  });

  it('with a new key wait for its file: until then a node reads the older ones, and takes no uploads', async () => {
    const [first, second] = await cluster.two();
    const id = await second.upload('a');
    await first.log.admin.roll(true);
    await cluster.second();
    expect(second.log.service.failure).toMatchObject({ code: 'ERR_SIGNER', message: expect.stringContaining('copy') });
    expect(second.warnings.join()).toMatch(/copy .*\.pem from a node/);
    expect(await second.log.service.byId(id)).toBeDefined();
    await expect(second.upload('b')).rejects.toMatchObject({ code: 'ERR_NO_SEQUENCER' });
    const { treeID } = first.log.service.info();
    copyFileSync(keyFile(`${first.folder}/keys`, treeID), keyFile(`${second.folder}/keys`, treeID));
    await cluster.second();
    expect(second.log.service.failure).toBeUndefined();
    await second.upload('b');
    expect(second.log.service.info()).toEqual(first.log.service.info());
  });

  it('are changed by the leader alone, and whoever asks another is told which that is', async () => {
    const [first, second] = await cluster.two();
    await expect(second.log.admin.roll(false)).rejects.toMatchObject({
      code: 'ERR_NOT_AVAILABLE',
      message: expect.stringContaining('first does now'),
    });
    await first.log.admin.freeze();
    await cluster.quiet();
    for (const node of [first, second]) {
      await expect(node.upload('a')).rejects.toMatchObject({ code: 'ERR_SHARD_FROZEN' });
    }
    await first.log.admin.roll(false);
    await cluster.quiet();
    await second.upload('a');
  });

  it('are opened once by a node that loses the lease while it begins one, and wants it back', async () => {
    const first = await cluster.open('first');
    const { freezeShard } = first.storage;
    const submissions = first.storage.submissions.bind(first.storage);
    // One piece of work that began as a leader, and a roll that is stored: neither has ended when the lease has.
    let endWork = (): void => undefined;
    const work = new Promise<void>((resolve) => {
      endWork = resolve;
    });
    let endRoll = (): void => undefined;
    const isStored = new Promise<void>((stored) => {
      first.storage.freezeShard = async (...of) => {
        await freezeShard(...of);
        stored();
        await new Promise<void>((resolve) => {
          endRoll = resolve;
        });
      };
    });
    first.storage.submissions = (count) => work.then(() => submissions(count));
    first.log.shared.changed();
    const rolled = first.log.admin.roll(false);
    await isStored;
    cluster.pass(leaseLimits.ttlMs);
    first.beat();
    expect(leads(first)).toEqual([false]);
    first.beat();
    endWork();
    for (let turn = 0; turn < 100; turn += 1) await setImmediate();
    endRoll();
    await rolled;
    await takeover(first);
    const { treeID, inactiveShards } = first.log.service.info();
    expect(inactiveShards?.map((shard) => shard.treeID)).not.toContain(treeID);
    expect(inactiveShards).toHaveLength(1);
    expect(first.warnings).toEqual([]);
    await first.upload('a');
  });

  it('that a leader had no time to make are made by the next one, with their entry 0', async () => {
    const [first, second] = await cluster.two(true);
    const { freezeShard } = first.storage;
    first.storage.freezeShard = async (...change) => {
      await freezeShard(...change);
      first.storage.set('cut');
    };
    await expect(first.log.admin.roll(false)).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    first.storage.freezeShard = freezeShard;
    const upload = second.upload('a');
    await takeover(second);
    await upload;
    first.storage.set('open');
    await cluster.second();
    await cluster.second();
    expect([size(first), size(second)]).toEqual([2, 2]);
    expect(first.log.service.failure).toBeUndefined();
    expect(leads(first, second)).toEqual([false, true]);
  });
});
