import { mkdir, realpath, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { configSchema } from '@countersign/schemas';
import { findPackages, packageName } from './packages.ts';
import { PluginFolders, toyPlugin } from './plugin-folders.fixture.ts';
import { PluginHost } from './plugin-host.ts';

const folders = new PluginFolders();
afterEach(() => folders.remove());

/** What finding is refused with. */
async function refusal(names: readonly string[], start: string): Promise<string> {
  const error = await findPackages(names, start).then(
    (found) => found,
    (thrown) => thrown,
  );
  expect(error).toMatchObject({ code: 'ERR_PLUGIN_INVALID' });
  return error.message;
}

describe('findPackages', () => {
  it('finds a package that is a plugin, one with a scope, and one that holds plugins, in this order', async () => {
    const root = await folders.make({
      'node_modules/@acme/toy': { ...toyPlugin, 'package.json': '{"exports": {}}' },
      'node_modules/many': { 'package.json': 'not even JSON', 'b/plugin.json': {}, 'a/plugin.json': {}, 'c/x': '' },
    });
    const modules = path.join(await realpath(root), 'node_modules');
    expect(await findPackages(['many', '@acme/toy'], root)).toEqual([
      path.join(modules, 'many', 'a'),
      path.join(modules, 'many', 'b'),
      path.join(modules, '@acme/toy'),
    ]);
    const host = await PluginHost.load({ folders: await findPackages(['@acme/toy'], root) });
    expect(host.plugins().map(({ folder }) => folder)).toEqual([path.join(modules, '@acme/toy')]);
  });

  it('looks in the nearest node_modules first, and goes up, never into node_modules/node_modules', async () => {
    const root = await folders.make({
      'node_modules/toy': toyPlugin,
      'node_modules/node_modules/hidden': toyPlugin,
      'a/node_modules/toy': toyPlugin,
      'a/b': { 'node.yaml': '' },
    });
    const real = await realpath(root);
    expect(await findPackages(['toy'], path.join(root, 'a/b'))).toEqual([path.join(real, 'a/node_modules/toy')]);
    expect(await findPackages(['toy'], root)).toEqual([path.join(real, 'node_modules/toy')]);
    expect(await refusal(['hidden'], path.join(root, 'node_modules'))).toMatch(/^plugin package hidden: not installed/);
  });

  it('says where it looked', async () => {
    const root = await folders.make({ 'a/b': { x: '' } });
    const places = [path.join(root, 'a/b'), path.join(root, 'a'), root].map((at) =>
      path.join(at, 'node_modules/@acme/toy'),
    );
    const message = await refusal(['@acme/toy'], path.join(root, 'a/b'));
    expect(message).toContain(`plugin package @acme/toy: not installed; looked for ${places.join(', ')}, `);
    expect(message).toMatch(/, \/node_modules\/@acme\/toy$/);
  });

  it('refuses a package without a plugin', async () => {
    const root = await folders.make({ 'node_modules/other': { 'package.json': {}, 'deep/deeper/plugin.json': {} } });
    expect(await refusal(['other'], root)).toMatch(/node_modules\/other: neither this folder nor any inside it has/);
  });

  it('follows a linked package, which must then hold its plugins itself', async () => {
    const root = await folders.make({ 'workspace/toy': toyPlugin, 'workspace/many': { 'a/plugin.json': {} } });
    await mkdir(path.join(root, 'node_modules'));
    for (const name of ['toy', 'many']) await symlink(`../workspace/${name}`, path.join(root, 'node_modules', name));
    const workspace = path.join(await realpath(root), 'workspace');
    expect(await findPackages(['toy', 'many'], root)).toEqual([
      path.join(workspace, 'toy'),
      path.join(workspace, 'many/a'),
    ]);

    await symlink('../toy', path.join(workspace, 'many/b'));
    expect(await refusal(['many'], root)).toBe(
      `plugin ${workspace}/toy: it lies outside of the package many, ${workspace}/many`,
    );
  });

  it('keeps the files of a linked plugin inside of it', async () => {
    const root = await folders.make({ 'workspace/toy': toyPlugin });
    const toy = path.join(root, 'workspace/toy');
    await rename(path.join(toy, 'toy.mjs'), path.join(root, 'workspace/toy.mjs'));
    await symlink('../toy.mjs', path.join(toy, 'toy.mjs'));
    await mkdir(path.join(root, 'node_modules'));
    await symlink('../workspace/toy', path.join(root, 'node_modules/toy'));
    await expect(PluginHost.load({ folders: await findPackages(['toy'], root) })).rejects.toMatchObject({
      code: 'ERR_PLUGIN_INVALID',
      message: expect.stringContaining('toy.mjs links to outside of the folder'),
    });
  });

  it.each([
    '../x',
    '..',
    '.',
    '',
    '/etc',
    'a/b',
    '@a/../b',
    '@a/b/c',
    '@/a',
    '@a',
    '.hidden',
    '_x',
    'A',
    'a b',
    'a\\b',
    'a\n',
    'a%2fb',
    'file:a',
    '__proto__',
    'x'.repeat(215),
  ])('refuses the name %j', async (name) => {
    const root = await folders.make({ 'node_modules/a': toyPlugin });
    await writeFile(path.join(root, 'plugin.json'), '{}');
    expect(await refusal([name], root)).toContain('this is no name of an npm package');
  });

  it('takes names as long as the registry does', async () => {
    expect(await refusal(['x'.repeat(214)], '/')).toContain('not installed');
  });

  it('takes the names that the configuration takes', () => {
    const { plugins } = configSchema.properties as { plugins: { properties: { packages: { items: object } } } };
    expect(plugins.properties.packages.items).toMatchObject({ pattern: packageName.source, maxLength: 214 });
  });
});
