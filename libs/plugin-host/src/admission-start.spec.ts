import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { AdmissionPool, type AdmissionPoolOptions } from './admission-pool.ts';
import { PluginFolders, toyCode, toyPlugin, toyProposal } from './plugin-folders.fixture.ts';
import { PluginHost } from './plugin-host.ts';

const folders = new PluginFolders();
afterAll(() => folders.remove());

/** A toy whose module begins with this code, loaded by the main thread, where it does nothing. */
async function toy(code = ''): Promise<{ folder: string; options: AdmissionPoolOptions }> {
  const inWorker = `import { isMainThread } from 'node:worker_threads'; import { mkdirSync } from 'node:fs';
    if (!isMainThread) { ${code} }`;
  const folder = await folders.make({ toy: { ...toyPlugin, 'toy.mjs': `${inWorker}\n${toyCode}` } });
  const host = await PluginHost.load({ folders: [folder] });
  return {
    folder: path.join(folder, 'toy'),
    options: { folders: host.plugins().map(({ folder }) => folder), digests: host.digests(), workers: 1 },
  };
}

/** What a start is refused with. */
async function refusal(options: AdmissionPoolOptions): Promise<string> {
  const error = await AdmissionPool.start(options).then(
    (pool) => pool.close(),
    (thrown) => thrown,
  );
  expect(error).toMatchObject({ code: 'ERR_PLUGIN_INVALID' });
  return error.message;
}

describe('AdmissionPool.start', () => {
  it.each([
    ['throws', "throw new Error('not here')", 'toy.mjs: not here'],
    ['ends the thread', 'process.exit(3)', 'toy.mjs: it called process.exit(3)'],
    ['imports what is not there', "await import('gone-package')", "toy.mjs: Cannot find package 'gone-package'"],
  ])('refuses, with folder and file, a plugin that only in a worker %s', async (_, code, reason) => {
    const { folder, options } = await toy(code);
    expect(await refusal(options)).toContain(`plugin ${folder}: ${reason}`);
  });

  it('waits for every worker: one that fails where the others do not stops the start', async () => {
    const signals = await folders.make({});
    const code = (last: number) => `
      const made = (n) => { try { mkdirSync(${JSON.stringify(signals)} + '/${last}-' + n); return true; } catch { return false; } };
      let n = 1;
      while (!made(n)) n += 1;
      if (n === ${last}) {
        // After the others have long been done.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
        throw new Error('the last one');
      }`;
    for (const last of [1, 2, 3]) {
      const { folder, options } = await toy(code(last));
      expect(await refusal({ ...options, workers: 3 })).toBe(`plugin ${folder}: toy.mjs: the last one`);
      expect(existsSync(path.join(signals, `${last}-${last}`))).toBe(true);
    }
  });

  it('lets nobody’s time run while a worker loads again', async () => {
    // Every thread but the two of the start takes longer than a message may.
    const started = path.join(await folders.make({}), 'started');
    const pause = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000);';
    const { options } = await toy(`
      const { existsSync } = await import('node:fs');
      if (existsSync(${JSON.stringify(started)})) ${pause}`);
    const pool = await AdmissionPool.start({ ...options, workers: 2, limits: { time: 1500 } });
    await writeFile(started, '');
    await expect(pool.admit(toyProposal({ do: 'loop' }))).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
    // Both go to the worker that is left, one after the other; together they take longer than one may.
    const sleeping = [1, 2].map((n) => pool.admit(toyProposal({ do: 'sleep', ms: 1000, n })));
    await expect(Promise.all(sleeping)).resolves.toHaveLength(2);
    await pool.close();
  });

  it('gives up on code that never returns', async () => {
    const { options } = await toy('for (;;);');
    const message = await refusal({ ...options, limits: { startTime: 500 } });
    expect(message).toBe('plugin in a worker thread: not loaded within 500 ms');
  });

  it('says that a thread ended when it cannot say more', async () => {
    const { options } = await toy('const held = []; for (;;) held.push(new Array(1e5).fill({}));');
    const message = await refusal({ ...options, limits: { heapBytes: 64 * 1024 * 1024 } });
    expect(message).toMatch(/^plugin in a worker thread: the thread ended while it loaded: .*memory/);
  });

  it('refuses what is not as the main thread found it', async () => {
    const { folder, options } = await toy();
    await writeFile(path.join(folder, 'added.mjs'), '');
    expect(await refusal({ ...options, workers: 2 })).toMatch(
      /toy: its digest is [0-9a-f]{64}, pinned is [0-9a-f]{64}$/,
    );
    await writeFile(path.join(folder, 'plugin.json'), '{');
    expect(await refusal(options)).toContain(`plugin ${folder}: plugin.json: malformed JSON`);
    await rename(folder, `${folder}-gone`);
    expect(await refusal(options)).toContain(`plugin ${folder}: cannot be read: ENOENT`);
  });

  it('refuses what the main thread has not loaded, and misses what it has', async () => {
    const { folder, options } = await toy();
    expect(await refusal({ ...options, digests: {} })).toMatch(/toy: its digest is [0-9a-f]{64}, pinned is none$/);
    expect(await refusal({ ...options, digests: { ...options.digests, gone: '0'.repeat(64) } })).toBe(
      'plugin gone: it is pinned, and no folder holds a plugin of this name',
    );
    const pool = await AdmissionPool.start({ ...options, folders: [folder] });
    await expect(pool.admit(toyProposal({ do: 'nothing' }))).resolves.toBeDefined();
    await pool.close();
  });
});
