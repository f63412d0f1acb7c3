import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { jest } from '@jest/globals';
import { Piscina } from 'piscina';
import { AdmissionPool } from './admission-pool.ts';
import type { AdmissionLimits } from './limits.ts';
import type { Packed } from './packed.ts';
import { PluginFolders, toyPlugin, toyProposal } from './plugin-folders.fixture.ts';
import { PluginHost } from './plugin-host.ts';

// The workers run the built package and import the toy as they would any plugin.
const folders = new PluginFolders();
let folder: string;
let signals: string;
let digests: Readonly<Record<string, string>>;
let pools: AdmissionPool[] = [];
const lost = jest.fn();

beforeAll(async () => {
  folder = await folders.make({ toy: toyPlugin });
  signals = await folders.make({});
  digests = (await PluginHost.load({ folders: [folder] })).digests();
});
afterEach(async () => {
  await Promise.all(pools.map((pool) => pool.close()));
  pools = [];
  jest.restoreAllMocks();
  lost.mockReset();
});
afterAll(() => folders.remove());

async function start(limits: Partial<AdmissionLimits> = {}, attestations?: boolean): Promise<AdmissionPool> {
  const more = attestations === undefined ? {} : { attestations };
  const pool = await AdmissionPool.start({
    folders: [folder],
    digests,
    workers: 1,
    limits,
    onWorkerLost: lost,
    ...more,
  });
  pools.push(pool);
  return pool;
}

/** Keeps the only worker busy until `release` is called. */
let held = 0;
function hold(pool: AdmissionPool): { release: () => Promise<void>; done: Promise<unknown> } {
  const until = path.join(signals, String(held++));
  const done = pool.admit(toyProposal({ do: 'wait', until }));
  return { release: () => writeFile(until, ''), done };
}

const nothing = (n: number) => toyProposal({ do: 'nothing', n });
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();

describe('AdmissionPool', () => {
  it('admits as the host does', async () => {
    const pool = await start();
    const entry = await pool.admit(nothing(7));
    expect(text(entry.body)).toBe('{"apiVersion":"0.0.1","kind":"toy","spec":{"do":"nothing","n":7}}');
    expect(entry).toMatchObject({
      kind: 'toy',
      apiVersion: '0.0.1',
      indexKeys: ['key-7'],
    });
    // Memory of its own: neither of the batch nor of a pool.
    expect(entry.body.buffer.byteLength).toBe(entry.body.length);
  });

  it('leaves the bytes it was given alone, a view into other memory too', async () => {
    const pool = await start();
    const proposal = nothing(1);
    const memory = Buffer.concat([Buffer.from('before'), proposal, Buffer.from('after')]);
    await pool.admit(memory.subarray(6, 6 + proposal.length));
    expect(text(memory)).toBe(`before${text(proposal)}after`);
  });

  it('sends a proposal to an idle worker at once, and those that gathered meanwhile together', async () => {
    const pool = await start();
    const run = jest.spyOn(Piscina.prototype, 'run');
    const first = hold(pool);
    const others = Array.from({ length: 70 }, (_, n) => pool.admit(nothing(n)));
    expect(pool.depth).toBe(71);
    await first.release();
    const entries = await Promise.all(others);
    expect(entries.map((entry) => entry.indexKeys[0])).toEqual(others.map((_, n) => `key-${n}`));
    expect(entries.map((entry) => JSON.parse(text(entry.body)).spec.n)).toEqual(others.map((_, n) => n));
    expect(run.mock.calls.map(([batch]) => (batch as Packed).ends.length)).toEqual([1, 32, 32, 6]);
    expect(pool.depth).toBe(0);
  });

  it('brings attestations across where they are wanted, alone and with as much memory as they have bytes', async () => {
    const proposal = toyProposal({ do: 'attest', bytes: 5 });
    expect(await (await start()).admit(proposal)).not.toHaveProperty('attestation');
    const { attestation } = await (await start({}, true)).admit(proposal);
    expect(attestation).toEqual(new Uint8Array(5).fill(7));
    expect(attestation?.buffer.byteLength).toBe(5);
    for (const pool of pools) {
      const wrong = pool.admit(toyProposal({ do: 'attestText' }));
      await expect(wrong).rejects.toMatchObject({ code: 'ERR_INTERNAL' });
    }
  });

  it('shows logged bodies, between proposals', async () => {
    const pool = await start();
    const body = (spec: object) => toyProposal({ do: 'nothing', ...spec });
    const display = { title: 'a\nb', subject: 'x'.repeat(201) };
    const [shown, entry, other] = await Promise.all([
      pool.display(body({ display })),
      pool.admit(nothing(3)),
      pool.display(body({ display: null })),
    ]);
    expect(shown).toEqual({ kind: 'toy', title: 'a\ufffdb', subject: `${'x'.repeat(199)}…` });
    expect(entry.indexKeys).toEqual(['key-3']);
    expect(other).toEqual({ kind: 'toy', title: 'toy' });
    await expect(pool.display(body({ display: { title: 1 } }))).rejects.toMatchObject({ code: 'ERR_INTERNAL' });
    await expect(pool.display(Buffer.from('x'))).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
  });

  it('brings refusals across with code, message and details', async () => {
    const pool = await start();
    await expect(pool.admit(toyProposal({ do: 'refuse' }))).rejects.toMatchObject({
      name: 'CountersignError',
      code: 'ERR_ENTRY_INVALID',
      message: 'refused as told',
      status: 400,
    });
    await expect(pool.admit(toyProposal({ do: 1 }))).rejects.toMatchObject({
      code: 'ERR_SCHEMA',
      details: { stage: 'spec', path: 'do', code: 601 },
    });
    await expect(pool.admit(Buffer.from('{'))).rejects.toMatchObject({
      code: 'ERR_MALFORMED',
      details: { stage: 'json' },
    });
    const bug = await pool.admit(toyProposal({ do: 'fail' })).catch((error: unknown) => error);
    expect(bug).toMatchObject({ code: 'ERR_INTERNAL', cause: { message: expect.stringContaining('a bug') } });
  });

  it('takes as many proposals as it may, one more is refused', async () => {
    const pool = await start({ jobs: 2 });
    const first = hold(pool);
    const second = pool.admit(nothing(2));
    await expect(pool.admit(nothing(3))).rejects.toMatchObject({ code: 'ERR_QUEUE_FULL' });
    await first.release();
    await Promise.all([first.done, second]);
    await expect(pool.admit(nothing(4))).resolves.toBeDefined();
  });

  it('takes as many bytes as it may, one more is refused', async () => {
    const proposal = nothing(1);
    const pool = await start({ bytes: 2 * proposal.length });
    const bigger = Buffer.concat([proposal, Buffer.from(' ')]);
    const first = pool.admit(proposal);
    await expect(pool.admit(bigger)).rejects.toMatchObject({ code: 'ERR_QUEUE_FULL' });
    await Promise.all([first, pool.admit(proposal)]);
    await expect(pool.admit(bigger)).resolves.toBeDefined();
  });

  it('gives up on a proposal that takes too long, and goes on with a new worker', async () => {
    const pool = await start({ time: 500 });
    await expect(pool.admit(toyProposal({ do: 'loop' }))).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    await expect(pool.admit(nothing(1))).resolves.toBeDefined();
    expect(lost).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['takes too long', 'loop', 'ERR_TIMEOUT'],
    ['ends the worker', 'exit', 'ERR_INTERNAL'],
    ['cannot be sent back', 'uncloneable', 'ERR_INTERNAL'],
  ])('refuses only the proposal of a batch that %s', async (_, deed, code) => {
    const pool = await start({ time: 1000 });
    const first = hold(pool);
    const before = [pool.admit(nothing(1)), pool.admit(nothing(2))];
    const culprit = pool.admit(toyProposal({ do: deed }));
    const after = [pool.admit(nothing(3)), pool.admit(nothing(4))];
    await first.release();
    await expect(culprit).rejects.toMatchObject({ code });
    const entries = await Promise.all([...before, ...after]);
    expect(entries.map((entry) => entry.indexKeys[0])).toEqual(['key-1', 'key-2', 'key-3', 'key-4']);
  });

  it('survives a worker that fills its memory', async () => {
    const pool = await start({ heapBytes: 64 * 1024 * 1024 });
    await expect(pool.admit(toyProposal({ do: 'fill' }))).rejects.toMatchObject({ code: 'ERR_INTERNAL' });
    await expect(pool.admit(nothing(1))).resolves.toBeDefined();
  });

  it('finishes what it has when it is closed, and takes no more', async () => {
    const pool = await start();
    const first = hold(pool);
    const waiting = Array.from({ length: 40 }, (_, n) => pool.admit(nothing(n)));
    const closed = pool.close();
    await expect(pool.admit(nothing(1))).rejects.toMatchObject({ code: 'ERR_SHUTTING_DOWN' });
    await first.release();
    await expect(Promise.all(waiting)).resolves.toHaveLength(40);
    await closed;
  });
});
