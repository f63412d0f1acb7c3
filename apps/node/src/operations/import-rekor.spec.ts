import { createHash, createPrivateKey } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileSigner } from '@countersign/crypto';
import { fromBase64, fromHex } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { keyFile, type LogService, type RekorApi, virtualIndex } from '@countersign/log';
import { signCheckpointV1 } from '@countersign/merkle';
import { openSqliteReader } from '@countersign/tree';
import { addEntries, dataFolder, newPath, twoShards, withLog } from '../../test/data-folder.ts';
import { dataFiles } from '../data-files.ts';
import { examineData } from './examine-data.ts';
import { type Imported, type ImportSetup, importRekor } from './import-rekor.ts';
import { refuseUnfinished } from './unfinished.ts';

type Shard = Awaited<ReturnType<RekorApi['logInfo']>>['active'];
type Entry = Awaited<ReturnType<RekorApi['retrieve']>>[number];

/** A log as its API shows it. */
function apiOf(service: LogService): RekorApi {
  const shardOf = ({ treeID, treeSize, rootHash, signedTreeHead }: ReturnType<LogService['info']>): Shard => ({
    treeId: treeID,
    treeSize,
    rootHash: fromHex(rootHash),
    checkpoint: signedTreeHead,
  });
  return {
    logInfo: async () => {
      const info = service.info();
      const inactive = (info.inactiveShards ?? []).map((shard) => shardOf({ ...shard, inactiveShards: null }));
      return { active: shardOf(info), inactive };
    },
    retrieve: async ({ logIndexes }) => {
      const entries = await service.retrieve({ indexes: logIndexes.map(virtualIndex) });
      return entries.map((entry) => ({
        ...entry,
        attestation: undefined,
        body: fromBase64(entry.body),
        signedEntryTimestamp: fromBase64(entry.signedEntryTimestamp),
      }));
    },
  };
}

/** Imports the log of a data folder, whose API may be changed, into another folder. */
function adopt(
  source: string,
  data: string,
  change: (api: RekorApi, service: LogService) => Partial<RekorApi> = () => ({}),
  setup: Partial<ImportSetup> = {},
): Promise<Imported> {
  return withLog(source, (service) => {
    const api = apiOf(service);
    return importRekor({
      api: { ...api, ...change(api, service) },
      data,
      keyOf: (treeId) => keyFile(dataFiles(source).keys, treeId),
      indexKeys: async (body) => [`key:${Buffer.from(body).toString('hex')}`],
      ...setup,
    });
  });
}

/** Every entry, without what is signed anew for each answer. */
const entriesOf = (data: string, count: number) =>
  withLog(data, async (service) => {
    const indexes = Array.from({ length: count }, (_, index) => virtualIndex(index));
    const entries = await service.retrieve({ indexes });
    return entries.map(({ signedEntryTimestamp, ...entry }) => entry);
  });

/** Changes what a log says of one entry. */
const changing =
  (index: number, change: (entry: Entry) => Partial<Entry>) =>
  ({ retrieve }: RekorApi): Partial<RekorApi> => ({
    retrieve: async (query) =>
      (await retrieve(query)).map((entry) => (entry.logIndex === index ? { ...entry, ...change(entry) } : entry)),
  });

describe('a log that is adopted', () => {
  it('is the log it was: entries, ids, times, indexes, checkpoints; and goes on', async () => {
    const source = await twoShards();
    const data = newPath();
    const told: number[] = [];
    const onProgress = (done: number) => void told.push(done);
    const imported = await adopt(source, data, undefined, { onProgress });
    expect(imported).toMatchObject({ entries: 320, notes: { attestations: 0, notIndexed: 0, outOfOrder: 0 } });
    expect(told.at(-1)).toBe(320);
    expect(await entriesOf(data, 320)).toEqual(await entriesOf(source, 320));
    expect(await examineData({ data })).toMatchObject({ complete: true, entries: 320, count: 0 });
    expect(readdirSync(data).filter((name) => name.includes('copying'))).toEqual([]);
    expect(readdirSync(join(data, 'anchors'))).toEqual(['1.note', '2.note']);
    await withLog(data, async (service, { search }) => {
      await addEntries(service, 320, 325);
      const { id } = (await service.byIndex(virtualIndex(7))) ?? { id: '' };
      const key = `key:${Buffer.from('{"entry":7}').toString('hex')}`;
      expect(await search.all({ keys: [key], prefixes: [], operator: 'or' })).toEqual([id]);
      expect(service.info()).toMatchObject({ treeSize: 25 });
    });
    expect(await examineData({ data })).toMatchObject({ entries: 325, count: 0 });
  });

  it('may grow meanwhile', async () => {
    const source = await dataFolder(300);
    const data = newPath();
    let grown = false;
    const imported = await adopt(source, data, ({ retrieve }, service) => ({
      retrieve: async (query) => {
        if (!grown && query.logIndexes.includes(280)) {
          grown = true;
          await addEntries(service, 300, 310);
        }
        return retrieve(query);
      },
    }));
    expect(imported.entries).toBe(310);
    expect(await entriesOf(data, 310)).toEqual(await entriesOf(source, 310));
  });

  it('is gone on with after an interruption, and nothing starts in between', async () => {
    const source = await twoShards();
    const data = newPath();
    let asked = 0;
    const broken = adopt(source, data, ({ retrieve }) => ({
      retrieve: async (query) => {
        if (query.logIndexes.includes(290)) throw new CountersignError('ERR_NETWORK', 'no answer');
        return retrieve(query);
      },
    }));
    await expect(broken).rejects.toMatchObject({ code: 'ERR_NETWORK' });
    expect(() => refuseUnfinished(dataFiles(data))).toThrow(expect.objectContaining({ code: 'ERR_STORAGE' }));
    expect(existsSync(dataFiles(data).log)).toBe(false);
    await adopt(source, data, ({ retrieve }) => ({
      retrieve: async (query) => {
        asked += query.logIndexes.length;
        return retrieve(query);
      },
    }));
    // The first 256 are there; the first of each shard is looked at.
    expect(asked).toBe(64 + 2);
    expect(await entriesOf(data, 320)).toEqual(await entriesOf(source, 320));
  });

  it('goes on with keys that are encrypted', async () => {
    const source = await dataFolder(3);
    const keyPassphrase = 'a long passphrase';
    const encrypted = join(newPath(), '..', 'encrypted.pem');
    const [name = ''] = readdirSync(dataFiles(source).keys);
    const key = createPrivateKey(readFileSync(join(dataFiles(source).keys, name)));
    const format = { format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: keyPassphrase } as const;
    writeFileSync(encrypted, key.export(format));
    const data = newPath();
    await adopt(source, data, undefined, { keyOf: () => encrypted, keyPassphrase });
    expect(readFileSync(join(dataFiles(data).keys, name), 'utf8')).toContain('ENCRYPTED PRIVATE KEY');
    expect(await examineData({ data, keyPassphrase })).toMatchObject({ entries: 3, count: 0 });
  });

  it('leaves attestations behind, says what is not found by searches, and which times go back', async () => {
    const source = await dataFolder(20);
    const attested = changing(3, () => ({ attestation: new Uint8Array(9) }));
    const indexKeys = async (body: Uint8Array) => (Buffer.from(body).includes('1}') ? undefined : []);
    const { notes } = await adopt(source, newPath(), attested, { indexKeys });
    expect(notes).toEqual({ attestations: 1, notIndexed: 2, outOfOrder: 0 });
  });

  it('takes attestations over that entries hold the digest of, up to a size, when it is told to', async () => {
    const content = Buffer.from('statement');
    const digest = createHash('sha256').update(content).digest('hex');
    const source = newPath();
    await withLog(source, async (service) => {
      for (let n = 0; n < 300; n += 1) await service.add(Buffer.from(`{"entry":${n},"payloadHash":"${digest}"}`));
    });
    const indexes = [0, 3, 258];
    const attested =
      (attestation: Uint8Array) =>
      ({ retrieve }: RekorApi): Partial<RekorApi> => ({
        retrieve: async (query) =>
          (await retrieve(query)).map((entry) =>
            indexes.includes(entry.logIndex) ? { ...entry, attestation } : entry,
          ),
      });
    const kept = async (attestation: Uint8Array, attestationBytes: number) => {
      const data = newPath();
      const { notes } = await adopt(source, data, attested(attestation), { attestationBytes });
      expect(await examineData({ data })).toMatchObject({ entries: 300, count: 0 });
      const storage = await openSqliteReader(dataFiles(data).log);
      const attachments = await storage.attachments(1, 0, 300);
      await storage.close();
      return [attachments.map(({ index, bytes }) => [index, Buffer.from(bytes)]), notes.attestations];
    };
    const all = indexes.map((index) => [index, content]);
    expect(await kept(content, content.length)).toEqual([all, 0]);
    expect(await kept(content, content.length - 1)).toEqual([[], 3]);
    expect(await kept(Buffer.from('another'), 100)).toEqual([[], 3]);
  });

  it('is asked for entries one by one where ten are too much', async () => {
    const source = await dataFolder(20);
    const { entries } = await adopt(source, newPath(), ({ retrieve }) => ({
      retrieve: async (query) => {
        if (query.logIndexes.length > 1) throw new CountersignError('ERR_TOO_LARGE', 'the answer is over the limit');
        return retrieve(query);
      },
    }));
    expect(entries).toBe(20);
  });
});

describe('a log is not adopted', () => {
  let source: string;
  beforeAll(async () => {
    source = await twoShards();
  });

  const cases: readonly (readonly [string, string, (api: RekorApi, service: LogService) => Partial<RekorApi>])[] = [
    [
      'an entry is missing',
      'ERR_ENTRY_NOT_FOUND',
      ({ retrieve }) => ({
        retrieve: async (query) => (await retrieve(query)).filter(({ logIndex }) => logIndex !== 17),
      }),
    ],
    ['an entry has other bytes', 'ERR_ENTRY_MISMATCH', changing(17, () => ({ body: Buffer.from('{}') }))],
    [
      'an entry is of another tree',
      'ERR_ENTRY_MISMATCH',
      changing(17, ({ id }) => ({ id: `00000000000000ff${id.slice(16)}` })),
    ],
    ['an entry is of another log', 'ERR_ENTRY_MISMATCH', changing(17, () => ({ logId: 'ab'.repeat(32) }))],
    ['an entry has another time', 'ERR_SIGNATURE_INVALID', changing(17, () => ({ integratedTime: 1_700_000_001 }))],
    [
      'an entry has a bad timestamp',
      'ERR_SIGNATURE_INVALID',
      changing(17, () => ({ signedEntryTimestamp: new Uint8Array(70) })),
    ],
    [
      'two entries are in the place of each other',
      'ERR_SIGNATURE_INVALID',
      ({ retrieve }) => ({
        retrieve: async (query) => (await retrieve(query)).map((entry) => ({ ...entry, logIndex: entry.logIndex ^ 1 })),
      }),
    ],
    ['an id is none', 'ERR_MALFORMED', changing(17, () => ({ id: 'x' }))],
    [
      'its checkpoint is none',
      'ERR_MALFORMED',
      ({ logInfo }) => ({
        logInfo: async () => ({ ...(await logInfo()), active: { ...(await logInfo()).active, checkpoint: 'x' } }),
      }),
    ],
    [
      'its checkpoint is of another tree',
      'ERR_CHECKPOINT_INVALID',
      ({ logInfo }) => ({
        logInfo: async () => {
          const { active, inactive } = await logInfo();
          return { inactive, active: { ...active, checkpoint: inactive[0]?.checkpoint ?? '' } };
        },
      }),
    ],
    [
      'its root is another than the signed one',
      'ERR_TREE_CORRUPT',
      ({ logInfo }) => ({
        logInfo: async () => ({
          ...(await logInfo()),
          active: { ...(await logInfo()).active, rootHash: new Uint8Array(32) },
        }),
      }),
    ],
    [
      'it shrinks meanwhile',
      'ERR_TREE_CORRUPT',
      ({ logInfo }) => {
        let asked = 0;
        return {
          logInfo: async () => {
            const { active, inactive } = await logInfo();
            asked += 1;
            return { inactive, active: { ...active, treeSize: asked > 6 ? 3 : active.treeSize } };
          },
        };
      },
    ],
    [
      'it is rolled meanwhile',
      'ERR_SERVER_REFUSED',
      ({ logInfo }) => {
        let asked = 0;
        return {
          logInfo: async () => {
            const { active, inactive } = await logInfo();
            asked += 1;
            if (asked <= 4) return { active, inactive };
            return { active: { ...active, treeId: '99', treeSize: 0 }, inactive: [...inactive, active] };
          },
        };
      },
    ],
    [
      'it begins a new shard meanwhile',
      'ERR_SERVER_REFUSED',
      ({ logInfo }) => {
        let asked = 0;
        return {
          logInfo: async () => {
            const { active, inactive } = await logInfo();
            asked += 1;
            return { active, inactive: asked > 4 ? [...inactive, { ...active, treeId: '99' }] : inactive };
          },
        };
      },
    ],
  ];
  it.each(cases)('when %s', async (_, code, change) => {
    const data = newPath();
    await expect(adopt(source, data, change)).rejects.toMatchObject({ code });
    expect(existsSync(dataFiles(data).log)).toBe(false);
    expect(existsSync(dataFiles(data).keys)).toBe(false);
  });

  it('when its key signed a root that its entries do not have', async () => {
    const data = newPath();
    const rootHash = new Uint8Array(32);
    const wrong = adopt(source, data, ({ logInfo }) => ({
      logInfo: async () => {
        const { active, inactive } = await logInfo();
        const signer = await fileSigner(keyFile(dataFiles(source).keys, active.treeId), {
          algorithm: 'ecdsa-p256',
          create: false,
        });
        const { treeId, treeSize: size } = active;
        const checkpoint = await signCheckpointV1({ hostname: 'log.test', treeId, size, root: rootHash }, signer);
        return { inactive, active: { ...active, rootHash, checkpoint } };
      },
    }));
    await expect(wrong).rejects.toMatchObject({
      code: 'ERR_TREE_CORRUPT',
      message: expect.stringContaining('do not lead to the root'),
    });
    expect(existsSync(dataFiles(data).log)).toBe(false);
  });

  it('with another key, with none, or with one that others can read', async () => {
    const other = join(newPath(), '..', 'other.pem');
    await fileSigner(other, { algorithm: 'ecdsa-p256', create: true });
    const open = join(newPath(), '..', 'open.pem');
    writeFileSync(open, 'key', { mode: 0o644 });
    for (const path of [other, undefined, open, '/nowhere']) {
      const data = newPath();
      const adopting = adopt(source, data, undefined, { keyOf: () => path });
      await expect(adopting).rejects.toMatchObject({ code: 'ERR_SIGNER' });
      expect(existsSync(dataFiles(data).log)).toBe(false);
    }
  });

  it('into a folder that has a log, or had one', async () => {
    const used = await dataFolder(3);
    await expect(adopt(source, used)).rejects.toMatchObject({
      code: 'ERR_STORAGE',
      message: expect.stringMatching(/has a database already/),
    });
    const anchored = newPath();
    mkdirSync(join(anchored, 'anchors'), { recursive: true });
    writeFileSync(join(anchored, 'anchors', '1.note'), 'note');
    await expect(adopt(source, anchored)).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    const begun = newPath();
    await expect(
      adopt(
        source,
        begun,
        changing(310, () => ({ logId: '' })),
      ),
    ).rejects.toMatchObject({ code: 'ERR_ENTRY_MISMATCH' });
    await expect(adopt(await dataFolder(3), begun)).rejects.toMatchObject({
      code: 'ERR_STORAGE',
      message: expect.stringMatching(/not empty/),
    });
  });
});
