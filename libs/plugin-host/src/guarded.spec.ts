import { execFile } from 'node:child_process';
import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { jest } from '@jest/globals';
import { limits } from './limits.ts';
import { PluginFolders, toyPlugin } from './plugin-folders.fixture.ts';
import { PluginHost } from './plugin-host.ts';

const folders = new PluginFolders();
afterAll(() => folders.remove());
afterEach(() => jest.useRealTimers());

describe('a plugin that is being loaded', () => {
  it.each([
    ['a factory', 'export default () => new Promise(() => {});'],
    ['an import', 'await new Promise(() => {});'],
  ])('has its time, and not a millisecond more: %s that never ends', async (_, code) => {
    const folder = await folders.make({ toy: { ...toyPlugin, 'toy.mjs': code } });
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const ended = jest.fn();
    const loading = PluginHost.load({ folders: [folder] }).then(ended, ended);
    while (jest.getTimerCount() === 0) await setImmediate();
    await jest.advanceTimersByTimeAsync(limits.loadTime - 1);
    expect(ended).not.toHaveBeenCalled();
    await jest.advanceTimersByTimeAsync(1);
    await loading;
    expect(ended).toHaveBeenCalledWith(
      expect.objectContaining({
        code: 'ERR_PLUGIN_INVALID',
        message: `plugin ${folder}/toy: toy.mjs: not loaded within 10000 ms`,
      }),
    );
    expect(jest.getTimerCount()).toBe(0);
  });

  it('leaves nothing behind', async () => {
    const folder = await folders.make({ toy: toyPlugin });
    const { exit } = process;
    await Promise.all([PluginHost.load({ folders: [folder] }), PluginHost.load({ folders: [folder] })]);
    expect(process.exit).toBe(exit);
  });

  it('keeps nobody else from ending the process', async () => {
    const folder = await folders.make({ toy: { ...toyPlugin, 'toy.mjs': 'await new Promise(setImmediate);' } });
    const built = new URL('../dist/index.js', import.meta.url).href;
    const script = `
      const { PluginHost } = await import(${JSON.stringify(built)});
      const before = process.exit;
      const loading = PluginHost.load({ folders: [process.argv[1]] });
      while (process.exit === before) await new Promise(setImmediate);
      process.exit(7);
    `;
    const child = promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script, folder]);
    await expect(child).rejects.toMatchObject({ code: 7 });
  });
});
