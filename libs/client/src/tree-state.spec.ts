import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientLimits } from './limits.ts';
import { FakeLog } from './testing/fake-log.ts';
import { loadTreeStates, storeTreeState } from './tree-state.ts';

let folder: string;
let file: string;
let log: FakeLog;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-state-'));
  file = join(folder, '.rekor', 'state.json');
  log = await FakeLog.start();
  log.grow(5);
});
afterEach(async () => {
  await rm(folder, { recursive: true });
  await log.close();
});

const url = 'http://127.0.0.1:3000';

describe('tree states', () => {
  it('are empty without a file', async () => expect([...(await loadTreeStates(file))]).toEqual([]));

  it('are an error when they are there and cannot be read', async () => {
    await expect(loadTreeStates(folder)).rejects.toMatchObject({ code: 'ERR_INPUT_UNREADABLE' });
  });

  it('come back as stored, in a file for this user alone', async () => {
    const checkpoint = await log.checkpoint();
    await storeTreeState(file, [log.treeId, url], checkpoint);
    expect(Object.fromEntries(await loadTreeStates(file))).toEqual({ [log.treeId]: checkpoint, [url]: checkpoint });
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ [log.treeId]: checkpoint, [url]: checkpoint });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder, '.rekor'))).mode & 0o077).toBe(0);
    expect(await readdir(join(folder, '.rekor'))).toEqual(['state.json']);
  });

  it('keep what other tools stored', async () => {
    await storeTreeState(file, [log.treeId], await log.checkpoint(2));
    const before = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...before, '77': null, 'https://other': 'theirs' }));
    await storeTreeState(file, [log.treeId], await log.checkpoint());
    const states = await loadTreeStates(file);
    expect(states.get('https://other')).toBe('theirs');
    expect(states.get(log.treeId)).toContain('\n5\n');
  });

  it('never go back, within a tree', async () => {
    await storeTreeState(file, [log.treeId, url], await log.checkpoint());
    await storeTreeState(file, [log.treeId, url], await log.checkpoint(3));
    expect((await loadTreeStates(file)).get(log.treeId)).toContain('\n5\n');
    // A new tree at the same address takes its place.
    const next = await FakeLog.start('42');
    next.grow(1);
    const checkpoint = await next.checkpoint();
    await next.close();
    await storeTreeState(file, ['42', url], checkpoint);
    expect((await loadTreeStates(file)).get(url)).toBe(checkpoint);
    expect((await loadTreeStates(file)).get(log.treeId)).toContain('\n5\n');
  });

  it('are not written for an empty tree', async () => {
    await storeTreeState(file, [log.treeId], await log.checkpoint(0));
    await expect(stat(file)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    '',
    '[]',
    '{"1":5}',
    '{"1":',
    'null',
    '{"1":{"a":1}}',
  ])('refuse a file that is %p, and leave it', async (text) => {
    await storeTreeState(file, [log.treeId], await log.checkpoint());
    await writeFile(file, text);
    await expect(loadTreeStates(file)).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
    await expect(storeTreeState(file, [log.treeId], await log.checkpoint())).rejects.toMatchObject({
      code: 'ERR_MALFORMED',
    });
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('refuse a stored checkpoint that is none, and leave it', async () => {
    const text = JSON.stringify({ [log.treeId]: 'no checkpoint' });
    await storeTreeState(file, ['1'], await log.checkpoint());
    await writeFile(file, text);
    await expect(storeTreeState(file, [log.treeId], await log.checkpoint())).rejects.toMatchObject({
      code: 'ERR_CHECKPOINT_INVALID',
    });
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('have a size limit', async () => {
    await storeTreeState(file, [log.treeId], await log.checkpoint());
    await writeFile(file, '{}'.padEnd(clientLimits.stateBytes));
    await expect(loadTreeStates(file)).resolves.toEqual(new Map());
    await writeFile(file, '{}'.padEnd(clientLimits.stateBytes + 1));
    await expect(loadTreeStates(file)).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });
});
