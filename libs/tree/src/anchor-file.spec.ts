import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appendLeaves, openTreeIn, readCheckpoint, signCheckpoint, tempFolder } from '../test/fixture.ts';
import { AnchorFile } from './anchor-file.ts';
import { openSqliteStorage } from './storage/sqlite-storage.ts';

const anchorOf = (folder: string): string => join(folder, 'anchors', '1.note');

/** A folder with a tree of `size` leaves, closed. */
async function treeOf(size: number): Promise<string> {
  const folder = tempFolder();
  const { tree, close } = await openTreeIn(folder);
  await appendLeaves(tree, 0, size);
  await close();
  return folder;
}

describe('the anchor file', () => {
  it('holds the newest checkpoint after a drain', async () => {
    const { tree, anchor, close } = await openTreeIn(tempFolder());
    for (let n = 0; n < 5; n += 1) await appendLeaves(tree, n, n + 1);
    await tree.drain();
    expect(readFileSync(anchor.path, 'utf8')).toBe(tree.snapshot.checkpoint);
    expect(readdirSync(join(anchor.path, '..'))).toEqual(['1.note']);
    await close();
  });

  it('is there from the first start on', async () => {
    const folder = await treeOf(0);
    expect(readCheckpoint(readFileSync(anchorOf(folder), 'utf8')).size).toBe(0);
  });

  it('takes the newest of many and skips the others', async () => {
    const folder = tempFolder();
    const anchor = new AnchorFile(folder, 1, { warn: () => {}, intervalMs: 3_600_000 });
    for (let n = 0; n < 100; n += 1) anchor.record(`${n}`);
    await anchor.flush();
    expect(await anchor.read()).toBe('99');
    anchor.record('100');
    anchor.record('101');
    await new Promise(setImmediate);
    // An hour has not passed.
    expect(await anchor.read()).toBe('99');
    await anchor.flush();
    expect(await anchor.read()).toBe('101');
  });

  it('that cannot be written is a warning, not the end of the log', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'anchors'), 'a file in the way');
    const warnings: string[] = [];
    const anchor = new AnchorFile(folder, 1, { warn: (message) => warnings.push(message), intervalMs: 0 });
    anchor.record('one');
    await anchor.flush();
    expect(warnings).toEqual([`cannot write the anchor file ${anchor.path}`]);
    rmSync(join(folder, 'anchors'));
    anchor.record('two');
    await anchor.flush();
    expect(await anchor.read()).toBe('two');
  });
});

describe('opening a tree beside its anchor', () => {
  it('accepts data newer than the anchor', async () => {
    const folder = await treeOf(300);
    writeFileSync(anchorOf(folder), readFileSync(anchorOf(await treeOf(200)), 'utf8'));
    const { tree, warnings, close } = await openTreeIn(folder);
    await close();
    expect(warnings).toEqual([]);
    expect(readFileSync(anchorOf(folder), 'utf8')).toBe(tree.snapshot.checkpoint);
  });

  it.each([
    ['one entry', 299],
    ['a tile', 256],
    ['everything but the shard', 0],
  ])('refuses data that lost %s', async (_, size) => {
    const folder = await treeOf(300);
    rmSync(join(folder, 'log.db'));
    cpSync(join(await treeOf(size), 'log.db'), join(folder, 'log.db'));
    const before = readFileSync(anchorOf(folder), 'utf8');
    const refused = openTreeIn(folder);
    await expect(refused).rejects.toMatchObject({
      code: 'ERR_TREE_ROLLED_BACK',
      details: { expected: 300, found: size },
    });
    await expect(refused).rejects.toThrow(/Restore the newest data/);
    expect(readFileSync(anchorOf(folder), 'utf8')).toBe(before);
  });

  it('refuses a new database', async () => {
    const folder = await treeOf(3);
    rmSync(join(folder, 'log.db'));
    await expect(openTreeIn(folder)).rejects.toMatchObject({ code: 'ERR_TREE_ROLLED_BACK' });
    // Nothing was signed or stored on the way.
    const storage = await openSqliteStorage(join(folder, 'log.db'));
    expect(await storage.latest(1)).toBeUndefined();
    await storage.close();
  });

  it.each([100, 256, 299])('refuses data that is larger, but another history since %i', async (size) => {
    const folder = await treeOf(300);
    writeFileSync(anchorOf(folder), await signCheckpoint(size, new Uint8Array(32)));
    await expect(openTreeIn(folder)).rejects.toMatchObject({
      code: 'ERR_TREE_ROLLED_BACK',
      message: expect.stringMatching(/does not extend the checkpoint of/),
    });
  });

  it.each(['', 'no checkpoint', 'log.test - 4711\n0\n\n'])('refuses a malformed anchor (%j)', async (text) => {
    const folder = await treeOf(3);
    writeFileSync(anchorOf(folder), text);
    await expect(openTreeIn(folder)).rejects.toMatchObject({
      code: 'ERR_TREE_CORRUPT',
      message: expect.stringContaining(anchorOf(folder)),
    });
  });

  it('replaces one that is missing, with a warning', async () => {
    const folder = await treeOf(3);
    rmSync(join(folder, 'anchors'), { recursive: true });
    const { warnings, close } = await openTreeIn(folder);
    await close();
    expect(warnings).toEqual([`shard 1 has no anchor file: a new one is written to ${anchorOf(folder)}`]);
    expect(existsSync(anchorOf(folder))).toBe(true);
  });

  it('does not mind a draft that a kill left behind', async () => {
    const folder = await treeOf(3);
    mkdirSync(join(folder, 'anchors'), { recursive: true });
    writeFileSync(`${anchorOf(folder)}.new`, 'half a chec');
    const { tree, close } = await openTreeIn(folder);
    await appendLeaves(tree, 3, 4);
    await close();
    expect(readCheckpoint(readFileSync(anchorOf(folder), 'utf8')).size).toBe(4);
  });
});
