import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Files, PluginFolders, toyManifest, toyPlugin } from './plugin-folders.fixture.ts';
import { builtinPlugins, type LoadOptions, type Provided } from './plugin-host.ts';

// Loads over the built package in a process of its own: no test runner between `import()` and the plugin.
const built = new URL('../dist/index.js', import.meta.url).href;
const script = `
  const { PluginHost } = await import(${JSON.stringify(built)});
  const results = [];
  for (const options of JSON.parse(process.argv[1])) {
    const loading = PluginHost.load(options);
    results.push(await loading.then((host) => ({ provided: host.describe() }), ({ code, message }) => ({ code, message })));
  }
  process.stdout.write(JSON.stringify(results));
`;

interface Result {
  readonly provided?: readonly Provided[];
  readonly code?: string;
  readonly message?: string;
}

async function loadAll(options: readonly LoadOptions[]): Promise<readonly Result[]> {
  const args = ['--input-type=module', '--eval', script, JSON.stringify(options)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

async function load(options: LoadOptions): Promise<Result> {
  const [result] = await loadAll([options]);
  return result as Result;
}

const folders = new PluginFolders();
afterEach(() => folders.remove());

const withManifest = (changes: object): Files => ({ ...toyPlugin, 'plugin.json': { ...toyManifest, ...changes } });
const [toyProvision] = toyManifest.provides;
const provides = (changes: object) => withManifest({ provides: [{ ...toyProvision, ...changes }] });

describe('PluginHost.load', () => {
  it('loads a folder of plugins, and a plugin by its own folder', async () => {
    const folder = await folders.make({ toy: toyPlugin, 'not-a-plugin': { 'README.md': 'nothing' } });
    await writeFile(path.join(folder, 'file'), '');
    const provided = [{ type: 'entry', id: 'toy', version: '0.0.1', plugin: 'entry-toy', pluginVersion: '1.0.0' }];
    for (const one of [folder, path.join(folder, 'toy')]) {
      expect(await load({ folders: [one] })).toMatchObject({ provided });
    }
  });

  it('loads CommonJS, whose default export comes one level deeper', async () => {
    const code = "exports.default = () => ({ propose() {}, admit() {}, claims() {} });\nexports['module.exports'] = 1;";
    for (const file of [code, 'module.exports = () => ({ propose() {}, admit() {}, claims() {} });']) {
      const folder = await folders.make({ toy: { ...provides({ entry: 'toy.cjs' }), 'toy.cjs': file } });
      expect(await load({ folders: [folder] })).toHaveProperty('provided');
    }
  });

  it('loads what is pinned, by the digest that it prints', async () => {
    const folder = await folders.make({ toy: toyPlugin });
    const { provided } = await load({ folders: [folder] });
    const digests = { 'entry-toy': provided?.[0]?.digest ?? '' };
    expect(await load({ folders: [folder], digests, onlyPinned: true })).toHaveProperty('provided');
    await writeFile(path.join(folder, 'toy', 'added.txt'), '');
    expect(await load({ folders: [folder], digests })).toMatchObject({
      code: 'ERR_PLUGIN_INVALID',
      message: expect.stringMatching(/entry-toy|toy: its digest is [0-9a-f]{64}, pinned is [0-9a-f]{64}/),
    });
  });

  it('needs no pins for the plugins that come with Countersign, and takes those there are', async () => {
    const all = await load({ folders: [builtinPlugins], onlyPinned: true });
    const { plugin = '' } = all.provided?.[0] ?? {};
    expect(await load({ folders: [builtinPlugins], digests: { [plugin]: '0'.repeat(64) } })).toMatchObject({
      code: 'ERR_PLUGIN_INVALID',
      message: expect.stringMatching(/its digest is [0-9a-f]{64}, pinned is 0{64}$/),
    });
  });

  it.each([
    '^1.0.0',
    '1.0.0',
    '~1.0.0',
    '1.0',
    '1.x',
    '>=0.1.0 <2',
    '0.1.0 - 1.3.0',
    '^2.0.0 || ^1.0.0',
    '*',
  ])('takes a plugin written for plugin API %s', async (apiVersion) => {
    const folder = await folders.make({ toy: withManifest({ apiVersion }) });
    expect(await load({ folders: [folder] })).toHaveProperty('provided');
  });

  it('runs none of the code before the manifest is known to be good', async () => {
    const folder = await folders.make({ toy: { ...provides({ url: 'x' }), 'toy.mjs': "throw new Error('it ran')" } });
    expect((await load({ folders: [folder] })).message).not.toContain('it ran');
    const loud = { ...toyPlugin, 'toy.mjs': "throw new Error('it ran')" };
    const all = await folders.make({ a: loud, b: withManifest({ name: 'entry-b', url: 'x' }) });
    expect((await load({ folders: [all] })).message).toContain('forbidden property');
    // A misspelt pin would pin nothing.
    const misspelt = { 'entry-toyy': '0'.repeat(64) };
    expect(await load({ folders: [path.join(all, 'a')], digests: misspelt })).toMatchObject({
      code: 'ERR_PLUGIN_INVALID',
      message: 'plugin entry-toyy: it is pinned, and no folder holds a plugin of this name',
    });
  });

  it('refuses a plugin found twice', async () => {
    const folder = await folders.make({ one: toyPlugin });
    const twice = await load({ folders: [path.join(folder, 'one'), folder] });
    expect(twice.message).toContain(`plugin ${folder}/one: found twice`);
  });

  it('refuses a folder that is missing, and one without plugins', async () => {
    const folder = await folders.make({ empty: { 'README.md': '' } });
    expect(await load({ folders: [path.join(folder, 'gone')] })).toMatchObject({
      code: 'ERR_PLUGIN_INVALID',
      message: expect.stringContaining('gone: cannot be read'),
    });
    expect(await load({ folders: [folder] })).toMatchObject({
      code: 'ERR_PLUGIN_INVALID',
      message: expect.stringContaining('has a plugin.json'),
    });
  });
});
