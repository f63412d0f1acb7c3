import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileSigner, parsePublicKey, verify } from '@countersign/crypto';
import { canonicalJson, fromBase64, fromHex, parseJson, utf8Encode } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { leafHash, openCheckpointV1, verifyInclusion } from '@countersign/merkle';
import { AnchorFile, type CommitBatch, openSqliteStorage, type TreeStorage } from '@countersign/tree';
import type { IndexedShard } from './entry-index.ts';
import { virtualIndex } from './indexes.ts';
import type { LogEntry } from './log-entry.ts';
import { type OpenLog, openLog } from './open-log.ts';
import type { ShardPlace } from './shard.ts';
import { openShardAdmin } from './shard-admin.ts';
import { listShards } from './shard-list.ts';

let folder: string;
let storage: TreeStorage;
/** What the index was told, in order. */
let told: (IndexedShard | Pick<CommitBatch, 'shard' | 'first'>)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-shards-'));
  storage = await openSqliteStorage(join(folder, 'log.sqlite'));
  told = [];
});
afterEach(async () => {
  await storage.close();
  await rm(folder, { recursive: true });
});

const place = (wrap: Partial<TreeStorage> = {}, keyPassphrase?: string): ShardPlace => ({
  storage: { ...storage, ...wrap },
  keyFolder: folder,
  anchor: ({ id }) => new AnchorFile(folder, id, { warn: () => undefined }),
  clock: () => 1_700_000_000_999,
  ...(keyPassphrase === undefined ? {} : { keyPassphrase }),
});

function open(setup: ShardPlace = place(), entryZero = false): Promise<OpenLog> {
  return openLog({
    ...setup,
    hostname: 'log.example',
    admit: async (proposal) => {
      const body = canonicalJson(parseJson(proposal));
      return { kind: 'any', apiVersion: '0.0.1', body, indexKeys: [] };
    },
    entryZero,
    openIndex: async () => ({
      state: { covered: 0, indexed: 0, total: 0, failures: 0 },
      follow: (shard) => void told.push(shard),
      committed: ({ shard, first }) => void told.push({ shard, first }),
      find: () => ({ leaves: [], next: undefined }),
    }),
  });
}

const json = (value: string): Uint8Array => utf8Encode(JSON.stringify(value));

/** Checks a served entry by the key of its shard alone. */
async function checkEntry({ service }: OpenLog, { id, ...entry }: LogEntry): Promise<void> {
  const [treeId, leaf] = [BigInt(`0x${id.slice(0, 16)}`).toString(), fromHex(id.slice(16))];
  const served = await service.byIndex(entry.logIndex);
  expect(served).toMatchObject({ id, body: entry.body, integratedTime: entry.integratedTime, logId: entry.logId });
  const { checkpoint, hashes, logIndex, rootHash, treeSize } = (served as LogEntry).inclusionProof;
  const opened = openCheckpointV1(checkpoint, parsePublicKey(service.publicKey(treeId)), verify);
  expect([opened.origin, opened.size]).toEqual([`log.example - ${treeId}`, treeSize]);
  expect(leafHash(fromBase64(entry.body))).toEqual(leaf);
  verifyInclusion({
    leafHash: leafHash(fromBase64(entry.body)),
    index: logIndex,
    size: treeSize,
    hashes: hashes.map(fromHex),
    root: fromHex(rootHash),
  });
}

const states = async () => (await listShards(storage)).map(({ state, size, firstIndex }) => [state, size, firstIndex]);

describe('a roll', () => {
  it('refuses no upload, loses none, and counts on', async () => {
    const log = await open();
    const adds: Promise<LogEntry>[] = [];
    const add = (from: number, to: number) => {
      for (let n = from; n < to; n += 1) adds.push(log.service.add(json(`entry ${n}`)));
    };
    add(0, 300);
    const first = log.admin.roll(false);
    add(300, 400);
    await adds[0];
    add(400, 500);
    const second = log.admin.roll(true);
    add(500, 600);
    await first;
    add(600, 700);
    await second;
    add(700, 800);
    const entries = await Promise.all(adds);
    const indexes = entries.map(({ logIndex }) => logIndex as number).sort((a, b) => a - b);
    expect(indexes).toEqual(indexes.map((_, n) => n));
    for (const entry of entries) await checkEntry(log, entry);

    const shards = await listShards(storage);
    expect(shards.map(({ state }) => state)).toEqual(['frozen', 'frozen', 'active']);
    expect(shards.reduce((sum, { size }) => sum + size, 0)).toBe(800);
    const [one, two, three] = shards.map(({ keyFingerprint }) => keyFingerprint);
    expect(one).toBe(two);
    expect(two).not.toBe(three);
    const { inactiveShards, ...active } = log.service.info();
    expect(active.treeID).toBe(shards[2]?.treeId);
    await log.close();

    const again = await open();
    expect(again.service.info()).toEqual({ inactiveShards, ...active });
    for (const entry of entries.filter((_, n) => n % 50 === 0)) await checkEntry(again, entry);
    await again.close();
  });

  it('takes what is uploaded while it is stored into the new shard', async () => {
    const adds: Promise<LogEntry>[] = [];
    const log = await open(
      place({
        freezeShard: async (...args) => {
          for (const value of ['a', 'b', 'b2']) adds.push(log.service.add(json(value)));
          for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
          await storage.freezeShard(...args);
        },
      }),
    );
    await log.admin.roll(false);
    const [, active] = await storage.shards();
    for (const { id } of await Promise.all(adds))
      expect(BigInt(`0x${id.slice(0, 16)}`).toString()).toBe(active?.treeId);
    expect(await states()).toEqual([
      ['frozen', 0, 0],
      ['active', 3, 0],
    ]);
    await log.close();
  });

  it('begins with an entry about the shard before anything that waits, and tells the index in order', async () => {
    const log = await open(place(), true);
    const adds = [log.service.add(json('before'))];
    const roll = log.admin.roll(false);
    await adds[0];
    adds.push(log.service.add(json('while')));
    await roll;
    await Promise.all(adds);
    const [, shard] = await storage.shards();
    const [{ size: before = 0 } = {}] = await listShards(storage);
    const zero = await log.service.byIndex(virtualIndex(before));
    expect(zero?.inclusionProof.logIndex).toBe(0);
    expect(Buffer.from(zero?.body ?? '', 'base64').toString()).toContain('"kind":"hashedrekord"');
    const followed = told.findIndex((event) => 'treeId' in event);
    expect(told[followed]).toEqual({ id: 2, treeId: shard?.treeId, size: 0 });
    expect(told.slice(0, followed).every((event) => 'shard' in event && event.shard === 1)).toBe(true);
    expect(told[followed + 1]).toEqual({ shard: 2, first: 0 });
    expect(told.slice(followed + 1).every((event) => 'shard' in event && event.shard === 2)).toBe(true);
    await log.close();
  });

  it('takes an entry of the old shard again, and finds the newer one by its UUID', async () => {
    const log = await open();
    const old = await log.service.add(json('a'));
    await log.admin.roll(false);
    const renewed = await log.service.add(json('a'));
    expect([old.logIndex, renewed.logIndex]).toEqual([0, 1]);
    expect(renewed.id.slice(16)).toBe(old.id.slice(16));
    expect((await log.service.byId(old.id.slice(16)))?.id).toBe(renewed.id);
    expect((await log.service.byId(old.id))?.id).toBe(old.id);
    await expect(log.service.add(json('a'))).rejects.toMatchObject({ details: { entryId: renewed.id } });
    const { inactiveShards } = log.service.info();
    const proof = await log.service.proof(1, 1, inactiveShards?.[0]?.treeID);
    expect(proof.rootHash).toBe(inactiveShards?.[0]?.rootHash);
    await log.close();
  });

  it.each([undefined, 'correct horse battery staple'])('keeps key files private: passphrase %s', async (passphrase) => {
    const log = await open(place({}, passphrase));
    await log.admin.roll(false);
    await log.admin.roll(true);
    await log.close();
    const files = (await readdir(folder)).filter((name) => name.endsWith('.pem'));
    expect(files).toHaveLength(3);
    const contents = new Set<string>();
    for (const file of files) {
      expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
      const pem = await readFile(join(folder, file), 'utf8');
      contents.add(pem);
      expect(pem.includes('ENCRYPTED')).toBe(passphrase !== undefined);
    }
    expect(contents.size).toBe(2);
    await (await open(place({}, passphrase))).close();
  });

  it('leaves the log as it is when its key is gone, or another one', async () => {
    const log = await open(place());
    const [key = ''] = (await readdir(folder)).filter((name) => name.endsWith('.pem'));
    await rm(join(folder, key));
    await expect(log.admin.roll(false)).rejects.toMatchObject({ code: 'ERR_SIGNER' });
    await fileSigner(join(folder, key), { algorithm: 'ecdsa-p256', create: true });
    await expect(log.admin.roll(false)).rejects.toMatchObject({ code: 'ERR_SIGNER' });
    expect((await readdir(folder)).filter((name) => name.endsWith('.pem'))).toEqual([key]);
    expect((await log.service.add(json('a'))).logIndex).toBe(0);
    expect(await states()).toEqual([['active', 1, 0]]);
    await log.close();
  });
});

describe('a freeze', () => {
  it('makes the log read only, over restarts, until it is rolled', async () => {
    const log = await open(place(), false);
    const before = log.service.add(json('a'));
    await log.admin.freeze();
    await log.admin.freeze();
    await before;
    const refusal = { code: 'ERR_SHARD_FROZEN', status: 405 };
    await expect(log.service.add(json('b'))).rejects.toMatchObject(refusal);
    const info = log.service.info();
    await log.close();

    const again = await open(place(), true);
    await expect(again.service.add(json('b'))).rejects.toMatchObject(refusal);
    expect(again.service.info()).toEqual(info);
    await checkEntry(again, await before);
    await again.admin.roll(false);
    expect((await again.service.add(json('b'))).logIndex).toBe(2);
    expect(again.service.info().inactiveShards).toEqual([
      expect.objectContaining({ treeID: info.treeID, treeSize: 1 }),
    ]);
    await again.close();
  });

  it('keeps an empty log empty, also when it starts again', async () => {
    const log = await open();
    await log.admin.freeze();
    await log.close();
    await (await open(place(), true)).close();
    expect(await states()).toEqual([['frozen', 0, 0]]);
  });
});

describe('a change that fails', () => {
  const broken = () => new CountersignError('ERR_STORAGE', 'disk I/O error');

  it.each([false, true])('leaves the log with one active shard, when it is stored: %s', async (stored) => {
    const freezeShard: TreeStorage['freezeShard'] = async (...args) => {
      if (stored) await storage.freezeShard(...args);
      throw broken();
    };
    const log = await open(place({ freezeShard }), true);
    const keys = async () => (await readdir(folder)).filter((name) => name.endsWith('.pem')).length;
    const adds = [log.service.add(json('a'))];
    const roll = log.admin.roll(false);
    adds.push(log.service.add(json('b')));
    if (stored) await roll;
    else await expect(roll).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    adds.push(log.service.add(json('c')));
    const entries = await Promise.all(adds);
    expect(log.service.failure).toBeUndefined();
    // One that seems to be of no shard, too: the next start may find that it is.
    expect(await keys()).toBe(2);
    expect((await states()).map(([state]) => state)).toEqual(stored ? ['frozen', 'active'] : ['active']);
    await log.close();
    const again = await open(place(), true);
    for (const entry of entries) await checkEntry(again, entry);
    await again.close();
  });

  it.each([
    ['a new shard cannot be opened', { latest: true }],
    ['nobody can tell whether it is stored', { shards: true }],
  ])('stops the log when %s, and the next start makes it good', async (_, fails) => {
    let failing = false;
    const log = await open(
      place({
        freezeShard: async (...args) => {
          await storage.freezeShard(...args);
          failing = true;
          if ('shards' in fails) throw broken();
        },
        latest: async (shard) => {
          if (failing && 'latest' in fails) throw broken();
          return storage.latest(shard);
        },
        shards: async () => {
          if (failing && 'shards' in fails) throw broken();
          return storage.shards();
        },
      }),
      true,
    );
    const acknowledged = await log.service.add(json('a'));
    await expect(log.admin.roll(false)).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    expect(log.service.failure?.message).toMatch(/start again/);
    await expect(log.service.add(json('b'))).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    await expect(log.admin.roll(false)).rejects.toBe(log.service.failure);
    await expect(log.admin.freeze()).rejects.toBe(log.service.failure);
    failing = false;
    await log.close();

    const again = await open(place(), true);
    await checkEntry(again, acknowledged);
    expect(await states()).toEqual([
      ['frozen', 2, 0],
      ['active', 1, 2],
    ]);
    expect((await again.service.add(json('b'))).logIndex).toBe(3);
    await again.close();
  });
});

describe('openShardAdmin', () => {
  it('changes a log that nobody runs; the first entry comes with the next start', async () => {
    await expect(openShardAdmin(place())).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    await (await open(place(), true)).close();
    const { admin, close } = await openShardAdmin(place());
    await Promise.all([admin.roll(true), admin.roll(false), admin.freeze(), admin.roll(false)]);
    await close();
    expect((await states()).map(([state, size]) => [state, size])).toEqual([
      ['frozen', 1],
      ['frozen', 0],
      ['frozen', 0],
      ['active', 0],
    ]);
    const log = await open(place(), true);
    expect(await states()).toContainEqual(['active', 1, 1]);
    await log.close();
  });
});
