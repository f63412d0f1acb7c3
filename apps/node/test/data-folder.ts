import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileSigner } from '@countersign/crypto';
import { keyFile, type LogService, type OpenLog, openLog, v1Kind } from '@countersign/log';
import { SearchIndex } from '@countersign/search';
import { AnchorFile, openSqliteStorage } from '@countersign/tree';
import Database from 'better-sqlite3';
import { dataFiles } from '../src/data-files.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A path in a new folder that is gone after the file's tests. */
export function newPath(name = 'data'): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-operations-'));
  folders.push(folder);
  return join(folder, name);
}

/** Runs `work` on the log of a data folder as a node has it open: same checks, same files; any bytes are an entry. */
export async function withLog<T>(data: string, work: (service: LogService, log: OpenLog) => Promise<T>): Promise<T> {
  const files = dataFiles(data);
  mkdirSync(files.keys, { recursive: true, mode: 0o700 });
  const storage = await openSqliteStorage(files.log);
  let index: SearchIndex | undefined;
  try {
    const log = await openLog({
      storage,
      keyFolder: files.keys,
      anchor: ({ id }) => new AnchorFile(data, id, { warn: () => undefined }),
      clock: () => 1_700_000_000_000,
      hostname: 'log.test',
      admit: async (body) => {
        const indexKeys = [`key:${Buffer.from(body).toString('hex')}`];
        return { kind: 'any', apiVersion: '0.0.1', body, indexKeys };
      },
      entryZero: false,
      openIndex: async (shards) => {
        const setup = { path: files.search, logLocation: files.log, log: storage, shards };
        index = await SearchIndex.open(setup, { onWarning: () => undefined });
        return index;
      },
    });
    try {
      return await work(log.service, log);
    } finally {
      await log.close();
    }
  } finally {
    await index?.close();
    await storage.close();
  }
}

/** Adds entries `from` to `to` (exclusive), all at once. */
export async function addEntries(service: LogService, from: number, to: number): Promise<void> {
  const bodies = Array.from({ length: to - from }, (_, at) => Buffer.from(`{"entry":${from + at}}`));
  await Promise.all(bodies.map((body) => service.add(body)));
}

/** A data folder with a log of one shard. */
export async function dataFolder(entries: number, data = newPath()): Promise<string> {
  await withLog(data, (service) => addEntries(service, 0, entries));
  return data;
}

/** A data folder with a frozen shard of 300 entries and an active one of 20. */
export async function twoShards(): Promise<string> {
  const data = await dataFolder(300);
  const files = dataFiles(data);
  await damage(data, "UPDATE shard SET state = 'frozen'");
  const storage = await openSqliteStorage(files.log);
  const treeId = '4711';
  const signer = await fileSigner(keyFile(files.keys, treeId), { algorithm: 'ecdsa-p256', create: true });
  const createdAt = 1_700_000_000;
  const { spki } = signer.publicKey;
  const identity = { kind: v1Kind, treeId, origin: `log.test - ${treeId}`, publicKey: spki } as const;
  await storage.createShard({ id: 2, ...identity, state: 'active', createdAt });
  await storage.close();
  await withLog(data, (service) => addEntries(service, 300, 320));
  return data;
}

/** Runs statements on the log's database. */
export async function damage(data: string, ...statements: string[]): Promise<void> {
  const database = new Database(dataFiles(data).log);
  for (const statement of statements) expect(database.prepare(statement).run().changes).toBeGreaterThan(0);
  database.close();
}

/** The id of a leaf's row. */
export function leafRow(shard: number, index: number): number {
  return shard * 2 ** 40 + index;
}
