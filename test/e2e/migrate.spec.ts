import { execFile } from 'node:child_process';
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { attachmentChecksum, leafId, openPostgresStorage } from '@countersign/tree';
import { jest } from '@jest/globals';
import Database from 'better-sqlite3';
import { describeWithPostgres, sharedServer } from '../../libs/tree/test/postgres-fixture.ts';
import { checkEntry, type Entry, entryOf, logKey } from './support/entry.ts';
import { ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { propose } from './support/proposal.ts';

const entries = '/api/v1/log/entries';
const program = new URL('../../apps/cli/bin/countersign.js', import.meta.url).pathname;
const folder = temporaryFolder();
const path = (name: string): string => join(folder.path(), name);
const quiet = { logging: { level: 'error' } };
jest.setTimeout(120_000);

/** Runs the built program. */
function countersign(
  ...args: string[]
): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program, ...args], (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}

/** Everything in a log's database. */
function rows(file: string): unknown {
  const database = new Database(file, { readonly: true });
  const tables = ['shard', 'checkpoint', 'leaf', 'identity', 'attachment', 'tile'];
  const all = tables.map((table) => database.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all());
  database.close();
  return all;
}

/** Gives leaves of a log's first shard attachments. */
function attach(file: string, ...indexes: readonly number[]): void {
  const database = new Database(file);
  const insert = database.prepare('INSERT INTO attachment (id, bytes, crc) VALUES (?, ?, ?)');
  for (const id of indexes.map((index) => leafId(1, index))) {
    const bytes = Buffer.from(`attachment ${id}`);
    insert.run(id, bytes, attachmentChecksum(id, bytes));
  }
  database.close();
}

async function upload(node: NodeProcess, from: number, to: number): Promise<Entry[]> {
  const uploaded: Entry[] = [];
  for (let at = from; at < to; at += 1) {
    const answer = await post(node.url, entries, propose(`artifact ${at}`));
    expect(answer.status).toBe(201);
    uploaded.push(entryOf(answer.json));
  }
  return uploaded;
}

describeWithPostgres('a log that is migrated', () => {
  let url: string;
  let uploaded: Entry[];

  beforeAll(async () => {
    const server = await sharedServer();
    url = server.url(await server.createDatabase());
    const node = await NodeProcess.start({ data: path('data'), ...quiet });
    uploaded = await upload(node, 0, 12);
    expect(await countersign('shard', 'roll', '--data', path('data'))).toMatchObject({ code: 0 });
    uploaded.push(...(await upload(node, 12, 20)));
    await node.stop();
    attach(path('data/log.sqlite'), 3, 11);
  });

  it('goes to PostgreSQL whole, and its folder starts no node without it', async () => {
    const { code, out } = await countersign('migrate', '--from', path('data'), '--to', url);
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('migrated 22 entries') });
    expect(out).toContain('--database');
    expect(existsSync(path('data/log.sqlite'))).toBe(false);
    expect(existsSync(path('data/log.sqlite.migrated'))).toBe(true);
    await expect(NodeProcess.start({ data: path('data'), ...quiet })).rejects.toMatchObject({
      code: 'ERR_STORAGE',
      message: expect.stringContaining('was migrated'),
    });
  });

  it('is refused while another holds the database, or when that has a log', async () => {
    const other = await NodeProcess.start({ data: path('other'), ...quiet });
    expect(await countersign('migrate', '--from', path('other'), '--to', url)).toMatchObject({
      code: 1,
      err: expect.stringContaining('ERR_DATA_LOCKED'),
    });
    await other.stop();
    expect(await countersign('migrate', '--from', path('other'), '--to', url)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/not empty.*ERR_STORAGE/s),
    });
    expect(existsSync(path('other/log.sqlite'))).toBe(true);
    const node = await openPostgresStorage({ url });
    const lease = await node.takeLease('a node');
    const renewing = setInterval(() => void lease?.renew(), 500);
    const { code, err } = await countersign('migrate', '--from', url, '--to', path('elsewhere'));
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('a node runs on the database') });
    clearInterval(renewing);
    await lease?.release();
    await node.close();
    for (const both of [
      [path('other'), path('new')],
      [url, url],
    ]) {
      const [from = '', to = ''] = both;
      expect(await countersign('migrate', '--from', from, '--to', to)).toMatchObject({ code: 2 });
    }
  });

  it('comes back as it was, row by row, and goes on', async () => {
    const { code, out } = await countersign('migrate', '--from', url, '--to', path('data'));
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('migrated 22 entries') });
    expect(rows(path('data/log.sqlite'))).toEqual(rows(path('data/log.sqlite.migrated')));
    expect(await countersign('fsck', '--data', path('data'))).toMatchObject({ code: 0 });
    const node = await NodeProcess.start({ data: path('data'), ...quiet });
    const key = await logKey(node.url);
    for (const { id, body, integratedTime, logIndex } of uploaded) {
      const found = entryOf((await ask(node.url, `${entries}/${id}`)).json);
      expect(found).toMatchObject({ id, body, integratedTime, logIndex });
      checkEntry(found, key);
    }
    uploaded.push(...(await upload(node, 20, 23)));
    await node.stop();
  });

  it('is not taken back to what it was before', async () => {
    renameSync(path('data/log.sqlite'), path('newer.sqlite'));
    expect(await countersign('migrate', '--from', url, '--to', path('data'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('ERR_TREE_ROLLED_BACK'),
    });
    expect(existsSync(path('data/log.sqlite'))).toBe(false);
  });

  it('tells of keys that are elsewhere', async () => {
    const { code, out } = await countersign('migrate', '--from', url, '--to', path('bare'));
    expect({ code, out }).toEqual({ code: 0, out: expect.stringMatching(/the key is not here: put it at .*\.pem/) });
    await expect(NodeProcess.start({ data: path('bare'), ...quiet })).rejects.toMatchObject({ code: 'ERR_SIGNER' });
  });
});
