import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { changeShards, readShards } from '@countersign/node';
import { checkEntry, type Entry, entryOf } from './support/entry.ts';
import { type Answer, ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { type Proposal, propose } from './support/proposal.ts';

const entries = '/api/v1/log/entries';
const folder = temporaryFolder();
const quiet = { level: 'error' };
const options = { onWarning: (message: string) => expect(message).toBe('') };

/** The tree an entry is in, decimal. */
const treeOf = ({ id }: Entry): string => BigInt(`0x${id.slice(0, 16)}`).toString();

/** The key of each tree, as the log serves it. */
async function keys(url: string, data: string): Promise<Map<string, string>> {
  const pairs = (await readShards({ data })).map(async ({ treeId }): Promise<[string, string]> => {
    return [treeId, (await ask(url, `/api/v1/log/publicKey?treeID=${treeId}`)).text];
  });
  return new Map(await Promise.all(pairs));
}

/** Reads acknowledged entries again, and checks each by the key of its tree. */
async function checkAll(url: string, data: string, acknowledged: readonly Entry[]): Promise<void> {
  const keyOf = await keys(url, data);
  for (const { verification: _, ...entry } of acknowledged) {
    const { json } = await ask(url, `${entries}?logIndex=${entry.logIndex}`);
    const served = entryOf(json);
    expect(served).toMatchObject(entry);
    checkEntry(served, keyOf.get(treeOf(served)) ?? '');
  }
}

it('refuses none of 2,000 uploads of 32 clients while it is rolled twice', async () => {
  const data = join(folder.path(), 'load');
  const node = await NodeProcess.start({ data, logging: quiet });
  const proposals = Array.from({ length: 2000 }, (_, n) => propose(`artifact ${n}`)).values();
  const answers: Answer[] = [];
  const client = async (): Promise<void> => {
    for (const proposal of proposals) answers.push(await post(node.url, entries, proposal));
  };
  const when = async (count: number): Promise<void> => {
    while (answers.length < count) await setTimeout(1);
  };
  const operator = async (): Promise<void> => {
    await when(500);
    await changeShards({ data }, 'roll', options);
    await when(1200);
    await changeShards({ data }, 'roll with a new key', options);
  };
  await Promise.all([operator(), ...Array.from({ length: 32 }, client)]);

  const statuses = new Map<number, number>();
  for (const { status } of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  expect([...statuses]).toEqual([[201, 2000]]);
  const made = answers.map(({ json }) => entryOf(json));
  const keyOf = await keys(node.url, data);
  for (const entry of made) checkEntry(entry, keyOf.get(treeOf(entry)) ?? '');

  // Each once, in one shard, and the indexes without a gap: entry 0 of each shard is the log's own.
  const shards = await readShards({ data });
  expect(shards.map(({ state }) => state)).toEqual(['frozen', 'frozen', 'active']);
  expect(shards.reduce((sum, { size }) => sum + size, 0)).toBe(2003);
  const own = shards.map(({ firstIndex }) => firstIndex as number);
  const taken = [...made.map(({ logIndex }) => logIndex), ...own].sort((a, b) => a - b);
  expect(taken).toEqual(taken.map((_, n) => n));
  expect(new Set(made.map(({ id }) => id.slice(16))).size).toBe(2000);
  for (const { treeId, size } of shards) {
    expect(made.filter((entry) => treeOf(entry) === treeId)).toHaveLength(size - 1);
    expect(size).toBeGreaterThan(100);
  }
  await checkAll(
    node.url,
    data,
    made.filter((_, n) => n % 40 === 0),
  );
  expect(await node.stop()).toBe(0);
}, 60_000);

describe('a log of three shards', () => {
  let data: string;
  let node: NodeProcess;
  const proposal = propose('in every shard');
  const digest = proposal.spec.data.hash.value;
  const copies: Entry[] = [];

  beforeAll(async () => {
    data = join(folder.path(), 'three');
    node = await NodeProcess.start({ data, logging: quiet });
    for (const change of ['roll', 'roll with a new key', undefined] as const) {
      copies.push(entryOf((await post(node.url, entries, proposal)).json));
      if (change !== undefined) await changeShards({ data }, change, options);
    }
  });
  afterAll(() => node?.stop());

  it('finds entries by ID, UUID and index, the active shard first', async () => {
    const [first, second, third] = copies as [Entry, Entry, Entry];
    expect(copies.map(({ logIndex }) => logIndex)).toEqual([1, 3, 5]);
    expect(new Set(copies.map(({ id }) => id.slice(16))).size).toBe(1);
    expect(copies.map(({ logID }) => logID)).toEqual([
      first.logID,
      first.logID,
      expect.not.stringMatching(first.logID),
    ]);
    for (const { id, logIndex } of copies) {
      expect(entryOf((await ask(node.url, `${entries}/${id}`)).json)).toMatchObject({ id, logIndex });
      expect(entryOf((await ask(node.url, `${entries}?logIndex=${logIndex}`)).json).id).toBe(id);
    }
    expect(entryOf((await ask(node.url, `${entries}/${third.id.slice(16)}`)).json).id).toBe(third.id);
    const query = { entryUUIDs: [first.id.slice(16), second.id], entries: [proposal], logIndexes: [1] };
    const { json } = await post(node.url, `${entries}/retrieve`, query);
    expect((json as object[]).map((one) => entryOf(one).id)).toEqual([second.id, third.id, third.id, first.id]);
    expect((await post(node.url, entries, proposal)).headers.location).toBe(`${entries}/${third.id}`);
    expect((await ask(node.url, `${entries}?logIndex=6`)).status).toBe(404);
    await checkAll(node.url, data, copies);
  });

  it('has key and proof by tree id, and constant checkpoints of the frozen ones, over a restart', async () => {
    const { json } = await ask(node.url, '/api/v1/log');
    const { inactiveShards, ...active } = json as never as Record<'treeID' | 'rootHash', string> & {
      inactiveShards: Record<string, unknown>[];
    };
    expect(inactiveShards.map(({ treeID }) => treeID)).toEqual(copies.slice(0, 2).map(treeOf));
    expect(active.treeID).toBe(treeOf(copies[2] as Entry));
    for (const { treeID, rootHash, treeSize } of [...inactiveShards, active] as Record<string, unknown>[]) {
      const proof = await ask(node.url, `/api/v1/log/proof?firstSize=1&lastSize=${treeSize}&treeID=${treeID}`);
      expect(proof.json).toMatchObject({ rootHash, hashes: [expect.any(String)] });
    }
    await node.stop();
    node = await NodeProcess.start({ data, logging: quiet });
    expect(node.created).toEqual([]);
    expect((await ask(node.url, '/api/v1/log')).json).toEqual(json);
    await checkAll(node.url, data, copies);
  });

  it('finds all in a search, newest first', async () => {
    const found = await post(node.url, '/api/v1/index/retrieve', { hash: digest });
    expect(found.json).toEqual(copies.map(({ id }) => id).reverse());
    const page = await ask(node.url, `/api/v1/index/search?key=sha256:${digest}&limit=2&before=5`);
    expect(page.json).toMatchObject({
      entries: [{ logIndex: 3 }, { logIndex: 1 }],
      next: null,
      indexedTo: 6,
      treeSize: 6,
    });
  });

  it('is read only once it is frozen, over a restart, until it is rolled', async () => {
    await changeShards({ data }, 'freeze', options);
    const refused = async () => {
      const answer = await post(node.url, entries, propose('too late'));
      expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET' }, json: { code: 405 } });
      expect((answer.json as { message: string }).message).toMatch(/is frozen and takes no more entries/);
    };
    await refused();
    await node.stop();
    node = await NodeProcess.start({ data, logging: quiet });
    await refused();
    expect((await ask(node.url, '/readyz')).status).toBe(200);
    await checkAll(node.url, data, copies);
    await changeShards({ data }, 'roll', options);
    expect(entryOf((await post(node.url, entries, propose('in time'))).json).logIndex).toBe(7);
  });
});

describe('the admin socket', () => {
  it('is private, is made again after a kill, and is gone after an end', async () => {
    const data = join(folder.path(), 'socket');
    const socket = join(data, 'admin.sock');
    const killed = await NodeProcess.start({ data, logging: quiet });
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    await killed.kill();
    expect(existsSync(socket)).toBe(true);
    await changeShards({ data }, 'roll', options);
    const node = await NodeProcess.start({ data, logging: quiet });
    await changeShards({ data }, 'roll', options);
    expect((await ask(node.url, '/shards/roll')).status).toBe(404);
    expect(await readShards({ data })).toHaveLength(3);
    await node.stop();
    expect(existsSync(socket)).toBe(false);
  });

  it('is left out where its path is too long, with a warning', async () => {
    const data = join(folder.path(), 'x'.repeat(100));
    const node = await NodeProcess.start({ data, logging: { level: 'warn' } });
    await expect(changeShards({ data }, 'roll', options)).rejects.toMatchObject({ code: 'ERR_DATA_LOCKED' });
    await node.stop();
    expect(node.log).toEqual([expect.objectContaining({ msg: expect.stringContaining('no admin socket') })]);
    await changeShards({ data }, 'roll', options);
  });
});

it('has one active shard and all that it acknowledged after each of 8 kills during a roll', async () => {
  const data = join(folder.path(), 'kill');
  const acknowledged: Entry[] = [];
  let rolled = 0;
  let sent = 0;
  for (let round = 0; round < 8; round += 1) {
    const node = await NodeProcess.start({ data, logging: quiet });
    let killed = false;
    const client = async (): Promise<void> => {
      while (!killed) {
        sent += 1;
        const proposal: Proposal = propose(`kill ${sent}`);
        const answer = await post(node.url, entries, proposal).catch(() => undefined);
        if (answer === undefined) return;
        expect(answer.status).toBe(201);
        acknowledged.push(entryOf(answer.json));
      }
    };
    const clients = Array.from({ length: 4 }, client);
    const before = acknowledged.length;
    // Load enough that some are under way.
    while (acknowledged.length < before + 5) await setTimeout(1);
    const change = changeShards({ data }, round % 2 === 0 ? 'roll' : 'roll with a new key', options).then(
      () => 1,
      () => 0,
    );
    await setTimeout(round * 3);
    killed = true;
    await node.kill();
    rolled += await change;
    await Promise.all(clients);
    const states = (await readShards({ data })).map(({ state }) => state);
    expect(states).toEqual([...Array(states.length - 1).fill('frozen'), 'active']);
  }
  const node = await NodeProcess.start({ data, logging: quiet });
  const shards = await readShards({ data });
  expect(shards.length).toBeGreaterThan(rolled);
  expect(new Set(acknowledged.map(({ logIndex }) => logIndex)).size).toBe(acknowledged.length);
  await checkAll(node.url, data, acknowledged);
  expect(readdirSync(join(data, 'keys')).length).toBeGreaterThanOrEqual(shards.length);
  await node.stop();
}, 120_000);
