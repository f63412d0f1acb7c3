import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from '../../test/fixture.ts';
import { directoryStore } from './directory-store.ts';

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

describe('publishing to a folder', () => {
  it('makes folders on the way, replaces, and lets everybody read', async () => {
    const folder = join(tempFolder(), 'public');
    const store = directoryStore(folder);
    await store.write('1/tile/0/x001/000', bytes('one'), 'tile');
    await store.write('1/tile/0/x001/000', bytes('two'), 'tile');
    const file = join(folder, '1', 'tile', '0', 'x001', '000');
    expect(readFileSync(file, 'utf8')).toBe('two');
    expect(statSync(file).mode & 0o777).toBe(0o644);
    expect(readdirSync(join(file, '..'))).toEqual(['000']);
  });

  it('reads up to a limit, and nothing where nothing is', async () => {
    const store = directoryStore(tempFolder());
    expect(await store.read('1/checkpoint', 10)).toBeUndefined();
    await store.write('1/checkpoint', bytes('0123456789'), 'checkpoint');
    expect(await store.read('1/checkpoint', 10)).toEqual(Buffer.from('0123456789'));
    await expect(store.read('1/checkpoint', 9)).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });

  it('removes the partial tiles beside a full one, and only these', async () => {
    const folder = tempFolder();
    const store = directoryStore(folder);
    for (const path of ['000', '000.p/1', '000.p/255', '001.p/3']) await store.write(`t/${path}`, bytes(''), 'tile');
    await store.removePartials(['t/000', 't/002']);
    expect(readdirSync(join(folder, 't')).sort()).toEqual(['000', '001.p']);
  });

  it('rejects when something is in the way, and when it is closed', async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, '1'), '');
    mkdirSync(join(folder, '2', 'checkpoint'), { recursive: true });
    const store = directoryStore(folder);
    await expect(store.write('1/checkpoint', bytes(''), 'checkpoint')).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(store.read('1/checkpoint', 10)).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(store.read('2/checkpoint', 10_000)).rejects.toMatchObject({ code: 'EISDIR' });
    store.close();
    await expect(store.read('3', 10)).rejects.toMatchObject({ code: 'ERR_SHUTTING_DOWN' });
    await expect(store.write('3', bytes(''), 'tile')).rejects.toMatchObject({ code: 'ERR_SHUTTING_DOWN' });
    await expect(store.removePartials(['3'])).rejects.toMatchObject({ code: 'ERR_SHUTTING_DOWN' });
  });
});
