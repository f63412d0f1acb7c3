import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from '../test/fixture.ts';
import { makeFolderDurably, writeDurably } from './durable-file.ts';

describe('writing a file durably', () => {
  it('replaces what was there, also a draft that a kill left', async () => {
    const folder = tempFolder();
    const path = join(folder, 'a');
    writeFileSync(`${path}.new`, 'half a dra');
    await writeDurably(path, 'one');
    await writeDurably(path, Uint8Array.of(0x74, 0x77, 0x6f));
    expect(readFileSync(path, 'utf8')).toBe('two');
    expect(readdirSync(folder)).toEqual(['a']);
  });

  it('gives the mode that was asked for, nobody else by default', async () => {
    const folder = tempFolder();
    await writeDurably(join(folder, 'own'), '');
    await writeDurably(join(folder, 'all'), '', 0o644);
    expect(statSync(join(folder, 'own')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'all')).mode & 0o777).toBe(0o644);
  });

  it('leaves no draft and what was there when it fails', async () => {
    const folder = tempFolder();
    mkdirSync(join(folder, 'a', 'in-the-way'), { recursive: true });
    await expect(writeDurably(join(folder, 'a'), 'one')).rejects.toMatchObject({ syscall: 'rename' });
    expect(readdirSync(folder)).toEqual(['a']);
  });
});

describe('making a folder durably', () => {
  it('makes those above it, and takes one that is there', async () => {
    const path = join(tempFolder(), 'a', 'b', 'c');
    await makeFolderDurably(path);
    await makeFolderDurably(path);
    expect(statSync(path).isDirectory()).toBe(true);
  });
});
