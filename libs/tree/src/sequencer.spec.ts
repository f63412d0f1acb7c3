import { CountersignError } from '@countersign/errors';
import { leafHash } from '@countersign/merkle';
import { leafData } from '../test/fixture.ts';
import { treeLimits } from './limits.ts';
import { type Appended, type Candidate, Sequencer, type SequencerPorts } from './sequencer.ts';

function candidate(n: number): Candidate {
  return {
    hash: leafHash(leafData(n)),
    data: leafData(n),
    identity: undefined,
    annex: undefined,
    attachment: undefined,
  };
}

/** A sequencer over a commit that waits until it is let go. */
function setUp(limits: Partial<typeof treeLimits> = {}, find: SequencerPorts['find'] = async () => undefined) {
  const batches: number[] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  let size = 0;
  const sequencer = new Sequencer(
    { ...treeLimits, ...limits },
    {
      find,
      commit: async (leaves) => {
        const first = size;
        batches.push(leaves.length);
        const gate = withResolvers();
        gates.push(gate);
        await gate.promise;
        size += leaves.length;
        return { first, integratedTime: 5, snapshot: { size, root: new Uint8Array(32), checkpoint: '' } as never };
      },
    },
  );
  /** Waits for a commit to start, and ends it. */
  const next = async (error?: Error): Promise<void> => {
    while (gates.length === 0) await new Promise(setImmediate);
    const gate = gates.shift();
    if (error === undefined) gate?.resolve();
    else gate?.reject(error);
  };
  return { sequencer, batches, next };
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function withResolvers(): PromiseWithResolvers<void> {
  let resolve: () => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

describe('the sequencer', () => {
  it('puts into one commit all that waits, up to its limit', async () => {
    const { sequencer, batches, next } = setUp({ commitEntries: 3 });
    const first = sequencer.append(candidate(0));
    while (batches.length === 0) await new Promise(setImmediate);
    const others = [1, 2, 3, 4].map((n) => sequencer.append(candidate(n)));
    await next();
    await next();
    await next();
    const indexes = (await Promise.all([first, ...others])).map(({ index }) => index as number);
    expect(indexes).toEqual([0, 1, 2, 3, 4]);
    expect(batches).toEqual([1, 3, 1]);
  });

  it('takes as many as its queue holds and not one more', async () => {
    const { sequencer, next } = setUp({ queueEntries: 3, retryAfterSeconds: 7 });
    const taken = [0, 1, 2].map((n) => sequencer.append(candidate(n)));
    await expect(sequencer.append(candidate(3))).rejects.toMatchObject({
      code: 'ERR_QUEUE_FULL',
      details: { retryAfterSeconds: 7 },
    });
    // Whoever waits for an equal leaf waits too.
    await expect(sequencer.append(candidate(0))).rejects.toMatchObject({ code: 'ERR_QUEUE_FULL' });
    await next();
    await Promise.all(taken);
    expect(sequencer.waiting).toBe(0);
    const later = sequencer.append(candidate(3));
    await next();
    expect((await later).index).toBe(3);
  });

  it('bounds the bytes that wait and those of one leaf', async () => {
    const bytes = leafData(0).length;
    const { sequencer, next } = setUp({ queueBytes: 2 * bytes, leafBytes: bytes });
    const taken = [0, 1].map((n) => sequencer.append(candidate(n)));
    await expect(sequencer.append(candidate(2))).rejects.toMatchObject({ code: 'ERR_QUEUE_FULL' });
    await expect(sequencer.append(candidate(10))).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
    const withAnnex = { ...candidate(3), annex: new Uint8Array(1) };
    await expect(sequencer.append(withAnnex)).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
    await next();
    await Promise.all(taken);
  });

  it('gives equal leaves one place', async () => {
    const { sequencer, batches, next } = setUp();
    const appends = Array.from({ length: 50 }, () => sequencer.append(candidate(0)));
    await next();
    const appended = await Promise.all(appends);
    expect(batches).toEqual([1]);
    expect(appended.map(({ index }) => index as number)).toEqual(new Array(50).fill(0));
    expect(appended.map(({ duplicate }) => duplicate)).toEqual([false, ...new Array(49).fill(true)]);
    expect(new Set(appended.map(({ snapshot }) => snapshot)).size).toBe(1);
  });

  it('answers what is stored already without a commit', async () => {
    const stored = { index: 12, integratedTime: 3, duplicate: true, snapshot: {} } as Appended;
    const { sequencer, batches } = setUp({}, async () => stored);
    const [first, second] = await Promise.all([sequencer.append(candidate(0)), sequencer.append(candidate(0))]);
    expect(first).toBe(stored);
    expect(second).toBe(stored);
    expect(batches).toEqual([]);
  });

  it('rejects all of a batch that fails and goes on with the next', async () => {
    const { sequencer, next } = setUp();
    const failing = [0, 0, 1].map((n) => sequencer.append(candidate(n)));
    await next(new Error('the disk is full'));
    const outcomes = await Promise.allSettled(failing);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    const again = sequencer.append(candidate(0));
    await next();
    expect(await again).toMatchObject({ index: 0, duplicate: false });
  });

  it('rejects an append whose look-up fails, and forgets it', async () => {
    let broken = true;
    const { sequencer, next } = setUp({}, async () => {
      if (broken) throw new Error('no database');
      return undefined;
    });
    await expect(sequencer.append(candidate(0))).rejects.toThrow('no database');
    broken = false;
    const again = sequencer.append(candidate(0));
    await next();
    expect((await again).index).toBe(0);
  });

  it('holds appends back: those before are answered, those after wait and go on', async () => {
    const { sequencer, batches, next } = setUp({ queueEntries: 4 });
    const before = [0, 0].map((n) => sequencer.append(candidate(n)));
    let held = false;
    const holding = sequencer.hold().then(() => {
      held = true;
    });
    const after = [1, 1].map((n) => sequencer.append(candidate(n)));
    await expect(sequencer.append(candidate(2))).rejects.toMatchObject({ code: 'ERR_QUEUE_FULL' });
    expect(held).toBe(false);
    await next();
    await Promise.all(before);
    await holding;
    expect(sequencer.waiting).toBe(2);
    expect(batches).toEqual([1]);
    const drained = sequencer.drain();
    sequencer.release();
    await next();
    expect((await Promise.all(after)).map(({ index, duplicate }) => [index, duplicate])).toEqual([
      [1, false],
      [1, true],
    ]);
    await drained;
    expect(batches).toEqual([1, 1]);
  });

  it('refuses what it held back, and bounds its bytes', async () => {
    const bytes = leafData(0).length;
    const { sequencer, next } = setUp({ queueBytes: 2 * bytes });
    await sequencer.hold();
    const held = [0, 0].map((n) => sequencer.append(candidate(n)));
    await expect(sequencer.append(candidate(1))).rejects.toMatchObject({ code: 'ERR_QUEUE_FULL' });
    sequencer.release(new CountersignError('ERR_SHARD_FROZEN', 'frozen'));
    for (const one of held) await expect(one).rejects.toMatchObject({ code: 'ERR_SHARD_FROZEN' });
    expect(sequencer.waiting).toBe(0);
    const both = [0, 1].map((n) => sequencer.append(candidate(n)));
    await next();
    await Promise.all(both);
  });

  it('drains: answers what waits and takes no more', async () => {
    const { sequencer, next } = setUp();
    const appends = [0, 1].map((n) => sequencer.append(candidate(n)));
    let drained = false;
    const draining = sequencer.drain().then(() => {
      drained = true;
    });
    await expect(sequencer.append(candidate(2))).rejects.toMatchObject({ code: 'ERR_SHUTTING_DOWN' });
    expect(drained).toBe(false);
    await next();
    await Promise.all(appends);
    await draining;
    await sequencer.drain();
  });
});
