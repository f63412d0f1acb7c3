import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempFolder } from '../test/fixture.ts';
import { lockDataFolder } from './data-lock.ts';

/** A process that locks a folder with the built package, says so, and stays. */
async function lockingProcess(folder: string): Promise<ChildProcess> {
  const built = new URL('../dist/index.js', import.meta.url).href;
  const code = `
    import { lockDataFolder } from ${JSON.stringify(built)};
    lockDataFolder(${JSON.stringify(folder)});
    process.stdout.write('locked');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

describe('the lock on a data folder', () => {
  it('is given once, and again after its release', () => {
    const folder = join(tempFolder(), 'new', 'data');
    const lock = lockDataFolder(folder);
    expect(() => lockDataFolder(folder)).toThrow(
      expect.objectContaining({ code: 'ERR_DATA_LOCKED', details: { folder, pid: process.pid } }),
    );
    lock.release();
    lockDataFolder(folder).release();
  });

  it('names the other process, and is free when that is killed', async () => {
    const folder = tempFolder();
    const child = await lockingProcess(folder);
    expect(() => lockDataFolder(folder)).toThrow(`${folder} is in use by another process (pid ${child.pid})`);
    // Asking does not loosen it.
    expect(() => lockDataFolder(folder)).toThrow(expect.objectContaining({ code: 'ERR_DATA_LOCKED' }));
    child.kill('SIGKILL');
    await once(child, 'exit');
    lockDataFolder(folder).release();
  });

  it('cannot be had where something else is in its place', () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'lock'), 'x'.repeat(5000));
    expect(() => lockDataFolder(folder)).toThrow(expect.objectContaining({ code: 'ERR_STORAGE' }));
    const other = tempFolder();
    mkdirSync(join(other, 'lock'));
    expect(() => lockDataFolder(other)).toThrow(expect.objectContaining({ code: 'ERR_STORAGE' }));
  });
});
