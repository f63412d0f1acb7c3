import { execFile } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Files, PluginFolders, toyManifest, toyPlugin } from './plugin-folders.fixture.ts';
import type { LoadOptions, Provided } from './plugin-host.ts';

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
    const code =
      "exports.default = () => ({ propose() {}, admit() {}, matches() {} });\nexports['module.exports'] = 1;";
    for (const file of [code, 'module.exports = () => ({ propose() {}, admit() {}, matches() {} });']) {
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
    expect(await load({ folders: [folder], onlyPinned: true })).toMatchObject({
      message: expect.stringContaining('pinned is none'),
    });
  });

  const implementation = (methods: string) => ({ ...toyPlugin, 'toy.mjs': `export default () => (${methods});` });
  const refused: [string, Files, string][] = [
    ['a manifest that is no JSON', { ...toyPlugin, 'plugin.json': '{' }, 'plugin.json: malformed JSON'],
    ['a manifest over 64 KiB', withManifest({ pad: 'x'.repeat(65_536) }), 'plugin.json: over 65536 bytes'],
    ['an unknown key', withManifest({ author: 'me' }), 'author in body is a forbidden property'],
    ['an unknown key inside', provides({ url: 'x' }), 'forbidden property'],
    ['no name', withManifest({ name: undefined }), 'name in body is required'],
    ['a version that is none', withManifest({ version: '1' }), 'version in body should match'],
    ['nothing provided', withManifest({ provides: [] }), 'provides in body should have at least 1 items'],
    ['an unknown type', provides({ type: 'colour' }), 'provides.0.type in body'],
    ['a range that is none', withManifest({ apiVersion: 'soon' }), 'apiVersion "soon" is not a version range'],
    ['a newer plugin API', withManifest({ apiVersion: '^0.2.0' }), 'written for plugin API ^0.2.0, and this is 0.1.0'],
    ['an older plugin API', withManifest({ apiVersion: '^0.0.9' }), 'written for plugin API ^0.0.9, and this is 0.1.0'],
    ['a plugin API that will be', withManifest({ apiVersion: '>=1' }), 'written for plugin API >=1'],
    ['a missing file', provides({ entry: 'gone.mjs' }), 'gone.mjs cannot be read'],
    ['a path that leads out', provides({ entry: '../toy.mjs' }), 'entry in body should match'],
    ['an absolute path', provides({ schema: '/etc/hostname' }), 'schema in body should match'],
    ['a folder for a file', { ...provides({ entry: 'code' }), 'code/x': '' }, 'code cannot be read: not a file'],
    ['a schema that is no JSON', { ...toyPlugin, 'toy.schema.json': 'type' }, 'toy.schema.json: malformed JSON'],
    ['a schema that is none', { ...toyPlugin, 'toy.schema.json': '[]' }, 'toy.schema.json is not a JSON Schema'],
    [
      'a wrong schema',
      { ...toyPlugin, 'toy.schema.json': { type: 'colour' } },
      'toy.schema.json: malformed JSON Schema',
    ],
    [
      'a schema from elsewhere',
      { ...toyPlugin, 'toy.schema.json': { $ref: 'http://127.0.0.1:1/' } },
      'toy.schema.json',
    ],
    ['code that does not parse', { ...toyPlugin, 'toy.mjs': 'export default (' }, 'toy.mjs: '],
    ['code that throws', { ...toyPlugin, 'toy.mjs': "throw new Error('no')" }, 'toy.mjs: no'],
    ['code that throws nothing', { ...toyPlugin, 'toy.mjs': 'throw undefined' }, 'toy.mjs: nothing said'],
    ['no default export', { ...toyPlugin, 'toy.mjs': 'export const x = 1' }, 'default export is not a function'],
    ['an object by default', { ...toyPlugin, 'toy.mjs': 'export default {}' }, 'default export is not a function'],
    ['a factory that rejects', { ...toyPlugin, 'toy.mjs': "export default async () => { throw 'no' }" }, 'toy.mjs: no'],
    ['a factory of nothing', implementation('null'), 'does not implement propose, admit, matches'],
    ['a method that is missing', implementation('{ propose() {}, admit() {} }'), 'does not implement matches'],
    ['a method that is none', implementation('{ propose() {}, admit() {}, matches: 1 }'), 'does not implement matches'],
    [
      'a factory that changes what it is given',
      { ...toyPlugin, 'toy.mjs': 'export default (api) => { api.crypto.verify = () => true; }' },
      'Cannot assign to read only property',
    ],
    [
      'a policy',
      provides({ type: 'policy', phase: 'admission' }),
      'it provides a policy, which this version does not load',
    ],
  ];
  describe('refuses, with the folder and the reason,', () => {
    const kept = new PluginFolders();
    const results = new Map<string, Result & { folder: string }>();
    beforeAll(async () => {
      const made = await Promise.all(
        refused.map(async ([, files]) => path.join(await kept.make({ toy: files }), 'toy')),
      );
      const all = await loadAll(made.map((folder) => ({ folders: [folder] })));
      for (const [at, [what]] of refused.entries()) results.set(what, { folder: made[at] ?? '', ...all[at] });
    });
    afterAll(() => kept.remove());

    it.each(refused)('%s', (what, _, reason) => {
      const { folder, code, message } = results.get(what) ?? {};
      expect(code).toBe('ERR_PLUGIN_INVALID');
      expect(message).toContain(`plugin ${folder}: `);
      expect(message).toContain(reason);
    });
  });

  it('runs none of the code before the manifest is known to be good', async () => {
    const folder = await folders.make({ toy: { ...provides({ url: 'x' }), 'toy.mjs': "throw new Error('it ran')" } });
    expect((await load({ folders: [folder] })).message).not.toContain('it ran');
  });

  it('refuses an entry type provided twice, naming both folders', async () => {
    const folder = await folders.make({ one: toyPlugin, two: withManifest({ name: 'entry-other' }) });
    const { code, message } = await load({ folders: [folder] });
    expect(code).toBe('ERR_PLUGIN_INVALID');
    expect(message).toContain(`plugin ${folder}/two: entry type toy 0.0.1 is already provided by ${folder}/one`);
  });

  it('refuses two plugins of one name, and a plugin found twice', async () => {
    const other = withManifest({ provides: [{ ...toyProvision, version: '0.0.2' }] });
    const folder = await folders.make({ one: toyPlugin, two: other });
    const { message } = await load({ folders: [folder] });
    expect(message).toContain(`the plugin name entry-toy is already provided by ${folder}/one`);
    const twice = await load({ folders: [path.join(folder, 'one'), path.join(folder, 'one')] });
    expect(twice.message).toContain(`plugin ${folder}/one: found twice`);
  });

  it('refuses links that lead out of the folder', async () => {
    const folder = await folders.make({ toy: toyPlugin, outside: { 'toy.mjs': 'export default () => ({})' } });
    await mkdir(path.join(folder, 'toy', 'deep'));
    const link = path.join(folder, 'toy', 'deep', 'link.mjs');
    await symlink(path.join(folder, 'outside', 'toy.mjs'), link);
    const { code, message } = await load({ folders: [path.join(folder, 'toy')] });
    expect({ code, message }).toEqual({
      code: 'ERR_PLUGIN_INVALID',
      message: `plugin ${folder}/toy: deep/link.mjs links to outside of the folder`,
    });
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
