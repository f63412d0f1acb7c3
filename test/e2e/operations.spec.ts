import { cpSync, existsSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { checkEntry, type Entry, entryOf, logKey } from './support/entry.ts';
import { ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { countersign } from './support/program.ts';
import { propose } from './support/proposal.ts';

const entries = '/api/v1/log/entries';
const folder = temporaryFolder();
const path = (name: string): string => join(folder.path(), name);
jest.setTimeout(120_000);

const quiet = { logging: { level: 'error' } };

/** Uploads from 8 clients until told to stop; `acknowledged` grows meanwhile. */
function load(node: NodeProcess): { readonly acknowledged: Entry[]; stop(): Promise<void> } {
  const acknowledged: Entry[] = [];
  let stopped = false;
  const clients = Array.from({ length: 8 }, async (_, client) => {
    for (let count = 0; !stopped; count += 1) {
      const answer = await post(node.url, entries, propose(`${client} ${count}`));
      expect(answer.status).toBe(201);
      acknowledged.push(entryOf(answer.json));
    }
  });
  return {
    acknowledged,
    stop: async () => {
      stopped = true;
      await Promise.all(clients);
    },
  };
}

describe('backup and restore of a running node', () => {
  let key: string;
  let before: Entry[];
  let after: Entry[];

  beforeAll(async () => {
    const node = await NodeProcess.start({ data: path('data'), ...quiet });
    key = await logKey(node.url);
    const { acknowledged, stop } = load(node);
    while (acknowledged.length < 300) await ask(node.url, '/ping');
    before = [...acknowledged];
    const backup = await countersign('backup', '--data', path('data'), '--to', path('backup'));
    const duringBackup = acknowledged.length - before.length;
    const fsck = await countersign('fsck', '--data', path('data'));
    await stop();
    after = acknowledged.slice(before.length);
    expect(await node.stop()).toBe(0);
    expect({ ...backup, out: '' }).toEqual({ code: 0, out: '', err: '' });
    expect(fsck).toEqual({ code: 0, out: expect.stringMatching(/^sound: \d+ entries/), err: '' });
    expect(duringBackup).toBeGreaterThan(0);
  });

  it('brings back every entry that was acknowledged before the backup began, and proves it', async () => {
    const { code, out } = await countersign('restore', '--from', path('backup'), '--data', path('restored'));
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('restored into') });
    expect((await countersign('fsck', '--data', path('restored'))).code).toBe(0);
    const node = await NodeProcess.start({ data: path('restored'), ...quiet });
    try {
      expect(await logKey(node.url)).toBe(key);
      for (const { id, integratedTime } of before) {
        const entry = entryOf((await ask(node.url, `${entries}/${id}`)).json);
        checkEntry(entry, key);
        expect(entry.integratedTime).toBe(integratedTime);
      }
      expect((await post(node.url, entries, propose('after the restore'))).status).toBe(201);
    } finally {
      await node.stop();
    }
  });

  it('refuses to put an old backup over newer anchors, by restore and by hand', async () => {
    expect(after.length).toBeGreaterThan(0);
    cpSync(path('data'), path('older'), { recursive: true });
    const kept = await countersign('restore', '--from', path('backup'), '--data', path('older'));
    expect(kept).toMatchObject({ code: 1, err: expect.stringContaining('it is not replaced') });
    rmSync(path('older/log.sqlite'));
    for (const end of ['-wal', '-shm']) rmSync(path(`older/log.sqlite${end}`), { force: true });
    const refused = await countersign('restore', '--from', path('backup'), '--data', path('older'));
    expect(refused).toMatchObject({ code: 1, out: '', err: expect.stringContaining('ERR_TREE_ROLLED_BACK') });
    expect(refused.err).toContain('Restore the newest data');
    expect(existsSync(path('older/log.sqlite'))).toBe(false);

    cpSync(path('backup/log.sqlite'), path('older/log.sqlite'));
    await expect(NodeProcess.start({ data: path('older'), ...quiet })).rejects.toMatchObject({
      code: 'ERR_TREE_ROLLED_BACK',
    });
    const { code, out, err } = await countersign('fsck', '--data', path('older'));
    expect(code).toBe(1);
    expect(out).toMatch(/a checkpoint of \d+ was signed/);
    expect(err).toContain('Restore the newest data');
  });

  it('refuses and reports a database that is cut off', async () => {
    cpSync(path('data'), path('short'), { recursive: true });
    const { length } = readFileSync(path('short/log.sqlite'));
    truncateSync(path('short/log.sqlite'), Math.floor(length / 2 / 4096) * 4096);
    const { code, out, err } = await countersign('fsck', '--data', path('short'));
    expect({ code, out }).toEqual({ code: 1, out: expect.stringMatching(/malformed|disk image|page/) });
    expect(err).toContain('restore the newest backup');
    await expect(NodeProcess.start({ data: path('short'), ...quiet })).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(STORAGE|TREE_CORRUPT)$/),
    });
    expect((await countersign('backup', '--data', path('short'), '--to', path('none'))).code).toBe(1);
    expect(existsSync(path('none'))).toBe(false);
  });

  it('refuses and reports the database of another log', async () => {
    const other = await NodeProcess.start({ data: path('other'), ...quiet });
    await other.stop();
    cpSync(path('data'), path('swapped'), { recursive: true });
    renameSync(path('other/log.sqlite'), path('swapped/log.sqlite'));
    const { code, out, err } = await countersign('fsck', '--data', path('swapped'));
    expect({ code, out }).toEqual({ code: 1, out: expect.stringContaining('.pem does not exist') });
    expect(err).toContain('Put the right key file back');
    await expect(NodeProcess.start({ data: path('swapped'), ...quiet })).rejects.toMatchObject({ code: 'ERR_SIGNER' });
  });

  it('is watched: the node reads its log again and says what it found', async () => {
    const node = await NodeProcess.start({ data: path('restored'), limits: { scrubLeavesPerSecond: 100_000 } });
    try {
      let text = '';
      while (!/scrub_last_pass_timestamp_seconds [1-9]/.test(text)) text = (await ask(node.url, '/metrics')).text;
      expect(text).toMatch(/^countersign_scrub_leaves_total [1-9]\d\d/m);
      expect(text).toMatch(/^countersign_scrub_faults 0$/m);
      expect((await ask(node.url, '/readyz')).text).toBe('ready\n');
    } finally {
      await node.stop();
    }
  });
});
