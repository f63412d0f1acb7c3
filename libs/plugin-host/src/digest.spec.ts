import { execFileSync } from 'node:child_process';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { folderDigest } from './digest.ts';
import { limits } from './limits.ts';
import { PluginFolders } from './plugin-folders.fixture.ts';

const folders = new PluginFolders();
afterEach(() => folders.remove());

async function makeFolder(): Promise<string> {
  const files = {
    'b.js': 'b',
    'a/x.js': 'x',
    'a.js': 'a',
    'A.js': 'A',
    'ä/🙂.js': '',
    '.hidden': 'h',
    'node_modules/m/i.js': 'i',
    'whole.bin': 'w'.repeat(limits.wholeFileBytes),
    'in-pieces.bin': 'p'.repeat(limits.wholeFileBytes + 1),
  };
  return path.join(await folders.make({ one: files }), 'one');
}

describe('folderDigest', () => {
  it('is what a shell computes', async () => {
    const folder = await makeFolder();
    const command = "find . -type f -printf '%P\\n' | LC_ALL=C sort | xargs sha256sum | sha256sum";
    const [digest] = execFileSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' }).split(' ');
    expect(await folderDigest(folder)).toBe(digest);
  });

  it.each([
    ['content changes', (folder: string) => writeFile(path.join(folder, 'a.js'), 'A')],
    ['a file is renamed', (folder: string) => rename(path.join(folder, 'a.js'), path.join(folder, 'c.js'))],
    ['a file is added, even a hidden one', (folder: string) => writeFile(path.join(folder, '.x'), '')],
    ['a dependency changes', (folder: string) => writeFile(path.join(folder, 'node_modules/m/i.js'), 'j')],
    ['a link is added', (folder: string) => symlink('a.js', path.join(folder, 'link.js'))],
  ])('changes when %s', async (_, change) => {
    const folder = await makeFolder();
    const before = await folderDigest(folder);
    await change(folder);
    expect(await folderDigest(folder)).not.toBe(before);
  });

  it('changes when a link comes to lead elsewhere', async () => {
    const [one, two] = [await makeFolder(), await makeFolder()];
    await symlink('a.js', path.join(one, 'link.js'));
    await symlink('b.js', path.join(two, 'link.js'));
    expect(await folderDigest(one)).not.toBe(await folderDigest(two));
  });

  it('does not depend on where the folder is', async () => {
    expect(await folderDigest(await makeFolder())).toBe(await folderDigest(await makeFolder()));
  });

  it('follows no link into a folder, so that a loop ends', async () => {
    const folder = await makeFolder();
    await mkdir(path.join(folder, 'loop'));
    await symlink('../loop', path.join(folder, 'loop', 'again'));
    expect(await folderDigest(folder)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('refuses links that lead out or nowhere, and names with line breaks', async () => {
    for (const [target, name, reason] of [
      ['..', 'up', 'links to outside'],
      ['.', 'itself', 'links to outside'],
      ['gone', 'nowhere', 'is a link to nowhere'],
      ['a.js', 'two\nlines', 'line break'],
    ] as const) {
      const folder = await makeFolder();
      await symlink(target, path.join(folder, name));
      await expect(folderDigest(folder)).rejects.toMatchObject({
        code: 'ERR_PLUGIN_INVALID',
        message: expect.stringContaining(reason),
      });
    }
  });
});
