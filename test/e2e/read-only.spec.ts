import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkEntry, type Entry, entryOf, logKey } from './support/entry.ts';
import { ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { propose } from './support/proposal.ts';

const entries = '/api/v1/log/entries';
const folder = temporaryFolder();
const path = (name: string): string => join(folder.path(), name);
const quiet = { logging: { level: 'error' } };
const digest = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

describe('a node that is read-only', () => {
  const proposal = propose('artifact 0');
  const uploaded: Entry[] = [];
  let node: NodeProcess;
  let before: string;
  let info: unknown;

  beforeAll(async () => {
    const writing = await NodeProcess.start({ data: path('data'), ...quiet });
    for (const one of [proposal, ...Array.from({ length: 4 }, (_, n) => propose(`artifact ${n + 1}`))]) {
      uploaded.push(entryOf((await post(writing.url, entries, one)).json));
    }
    info = (await ask(writing.url, '/api/v1/log')).json;
    await writing.stop();
    // A copy that nobody goes on with: without anchors.
    cpSync(path('data'), path('copy'), { recursive: true });
    rmSync(path('copy/anchors'), { recursive: true });
    before = digest(path('copy/log.sqlite'));
    node = await NodeProcess.start({ data: path('copy'), readOnly: true, ...quiet });
  });
  afterAll(() => node.stop());

  it('serves every entry with its proof, the state, and searches', async () => {
    const key = await logKey(node.url);
    for (const { id, body, integratedTime, logIndex } of uploaded) {
      const found = entryOf((await ask(node.url, `${entries}/${id}`)).json);
      expect(found).toMatchObject({ id, body, integratedTime, logIndex });
      checkEntry(found, key);
    }
    expect((await ask(node.url, '/api/v1/log')).json).toEqual(info);
    const { json } = await post(node.url, '/api/v1/index/retrieve', { hash: proposal.spec.data.hash.value });
    expect(json).toEqual([uploaded[0]?.id]);
    const retrieved = await post(node.url, `${entries}/retrieve`, { entries: [proposal] });
    expect(retrieved.json).toHaveLength(1);
  });

  it('refuses uploads as upstream does where they are switched off, before it looks at them', async () => {
    for (const body of [propose('new'), proposal, { kind: 'none' }]) {
      const answer = await post(node.url, entries, body);
      expect(answer.status).toBe(501);
      expect(answer.json).toEqual({ code: 501, message: 'this node is read-only and takes no uploads' });
    }
  });

  it('says so to whoever watches it', async () => {
    expect(await ask(node.url, '/readyz')).toMatchObject({ status: 200, text: 'ready, read-only\n' });
    expect((await ask(node.url, '/metrics')).text).toContain('\ncountersign_read_only 1\n');
  });

  it('changes nothing of the log', async () => {
    expect(digest(path('copy/log.sqlite'))).toBe(before);
    expect(readdirSync(path('copy')).filter((name) => /anchors|admin/.test(name))).toEqual([]);
  });

  it('is refused where there is no log', async () => {
    await expect(NodeProcess.start({ data: path('new'), readOnly: true, ...quiet })).rejects.toMatchObject({
      code: 'ERR_STORAGE',
    });
    expect(existsSync(path('new/log.sqlite'))).toBe(false);
  });

  it('is refused data that are older than their anchors', async () => {
    const later = await NodeProcess.start({ data: path('data'), ...quiet });
    await post(later.url, entries, propose('later'));
    await later.stop();
    cpSync(path('copy/log.sqlite'), path('data/log.sqlite'));
    await expect(NodeProcess.start({ data: path('data'), readOnly: true, ...quiet })).rejects.toMatchObject({
      code: 'ERR_TREE_ROLLED_BACK',
    });
  });
});
