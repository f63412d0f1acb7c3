import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { builtinPlugins } from '@countersign/plugin-host';
import { runIn } from '../../testing/test-io.ts';

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'countersign-plugin-'));
});
afterEach(() => rm(home, { recursive: true }));

const plugin = (...args: string[]) => runIn(home, ['plugin', ...args]);

/** Runs a command that has to succeed. */
async function ok(...args: string[]): Promise<string> {
  const { code, out, err } = await plugin(...args);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${code}\n${out}${err}`);
  return out;
}

/** A new plugin, not built. */
async function made(name: string, type: 'entry' | 'pki' | 'policy'): Promise<string> {
  const folder = join(home, name);
  await ok('new', folder, '--type', type);
  return folder;
}

/** Built plugins, made once: each test works on a copy. */
let shelf: string;
beforeAll(async () => {
  shelf = await mkdtemp(join(tmpdir(), 'countersign-shelf-'));
  for (const [name, type] of [
    ['seal', 'entry'],
    ['ink', 'pki'],
    ['rules', 'policy'],
  ] as const) {
    for (const args of [['new', '--type', type], ['build']]) {
      const { code, err } = await runIn(shelf, ['plugin', ...args, join(shelf, name)]);
      if (code !== 0) throw new Error(err);
    }
  }
});
afterAll(() => rm(shelf, { recursive: true }));

async function built(name: 'seal' | 'ink' | 'rules'): Promise<string> {
  const folder = join(home, name);
  await cp(join(shelf, name), folder, { recursive: true });
  return folder;
}

async function edit(file: string, change: (text: string) => string): Promise<void> {
  const before = await readFile(file, 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  await writeFile(file, after);
}

describe('plugin new', () => {
  it.each([
    ['entry', 'seal', ['seal.handler.ts', 'seal.handler.spec.js', 'seal.v0.0.1.schema.json']],
    ['pki', 'ink.v2', ['ink.v2.format.ts', 'ink.v2.format.spec.js', 'limits.ts']],
    ['policy', 'rules', ['rules.policy.ts', 'rules.policy.spec.js', 'rules.schema.json']],
  ] as const)('writes a plugin of type %s that builds and passes its own check', async (type, id, own) => {
    const folder = await made(id, type);
    const common = ['README.md', 'package.json', 'plugin.json', 'tsconfig.json', 'vectors'];
    expect((await readdir(folder)).sort()).toEqual([...common, ...own].sort());
    expect(JSON.parse(await readFile(join(folder, 'plugin.json'), 'utf8'))).toMatchObject({
      name: `${type}-${id}`,
      provides: [{ type, id }],
    });
    for (const file of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (file.isFile()) expect(await readFile(join(file.parentPath, file.name), 'utf8')).not.toContain('acme-sample');
    }
    await ok('build', folder);
    const out = await ok('check', folder);
    expect(out).toContain(`${type}-${id} 0.1.0, for plugin API ^1.0.0\n  ${type} ${id} 0.`);
    expect(out).toMatch(/ {2}\d+ files, \d+ bytes\n {2}sha256 [0-9a-f]{64}\n/);
    expect(out).toContain('loads on the main thread and in a worker');
    expect(out).toMatch(/\n\d+ passed\n$/);
    expect(out).not.toContain('FAILED');
  });

  it('takes the id from --id, and an empty folder', async () => {
    await mkdir(join(home, 'My Plugin'));
    await ok('new', join(home, 'My Plugin'), '--type', 'pki', '--id', 'ink');
    expect(await readdir(join(home, 'My Plugin'))).toContain('ink.format.ts');
  });

  it.each([
    'Ink',
    'in k',
    '-ink',
    'ink-',
    'i..k',
    '../ink',
    '__proto__',
    'a'.repeat(59),
    '',
  ])('refuses the id %j, and writes nothing', async (id) => {
    const { code, err } = await plugin('new', join(home, 'new'), '--type', 'pki', '--id', id);
    expect(code).toBe(2);
    expect(err).toContain('cannot be an id');
    expect(await readdir(home)).toEqual([]);
  });

  it('takes the longest id there can be, as the manifest does', async () => {
    const folder = join(home, 'new');
    await ok('new', folder, '--type', 'entry', '--id', 'a'.repeat(58));
    await ok('build', folder);
    await ok('check', folder);
  });

  it('refuses a folder that is used, a file, and no type', async () => {
    await writeFile(join(home, 'file'), '');
    const used = await plugin('new', home, '--type', 'pki', '--id', 'ink');
    expect(used).toMatchObject({ code: 2, err: expect.stringContaining('is not empty') });
    const file = await plugin('new', join(home, 'file'), '--type', 'pki');
    expect(file).toMatchObject({ code: 2, err: expect.stringContaining('is not a folder') });
    expect((await plugin('new', join(home, 'new'))).code).toBe(2);
    expect(await readdir(home)).toEqual(['file']);
  });
});

describe('plugin build', () => {
  it('compiles in place, without tests, declarations and types', async () => {
    const folder = await made('ink', 'pki');
    await writeFile(join(folder, 'ink.spec.ts'), 'this is no TypeScript');
    await writeFile(join(folder, 'files.fixture.ts'), 'neither is this');
    const out = await ok('build', folder);
    expect(out.trim().split('\n').sort()).toEqual(
      ['ink.format.js', 'limits.js'].map((name) => `wrote ${join(folder, name)}`),
    );
    const built = (await readdir(folder)).filter((name) => !/\.(ts|json|md)$|^vectors$|\.spec\.js$/.test(name));
    expect(built.sort()).toEqual(['ink.format.js', 'limits.js']);
    const code = await readFile(join(folder, 'ink.format.js'), 'utf8');
    expect(code).toContain("from './limits.js'");
    expect(code).not.toContain('@countersign');
  });

  it('says file, line and column of what is wrong, and writes nothing', async () => {
    const folder = await made('ink', 'pki');
    await edit(join(folder, 'ink.format.ts'), (text) => `${text}\nexport const wrong: number = 'text';\n`);
    const lines = (await readFile(join(folder, 'ink.format.ts'), 'utf8')).split('\n').length - 1;
    const { code, out, err } = await plugin('build', folder);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(new RegExp(`ink\\.format\\.ts:${lines}:14: TS2322: Type 'string'`));
    expect(err).toContain('it does not compile; nothing was written (ERR_PLUGIN_INVALID)');
    expect((await readdir(folder)).filter((name) => name === 'limits.js')).toEqual([]);
  });

  it('holds to the contract’s types, and to the options of the folder', async () => {
    const folder = await made('ink', 'pki');
    await edit(join(folder, 'ink.format.ts'), (text) => text.replace('async parseSignature', 'async parseSignatures'));
    expect((await plugin('build', folder)).err).toMatch(
      /ink\.format\.ts:\d+:\d+: TS\d+: .*'parseSignatures' does not exist/,
    );
    await edit(join(folder, 'tsconfig.json'), (text) => text.replace('"strict"', '"noUnusedLocals": true, "strict"'));
    await writeFile(join(folder, 'limits.ts'), 'const unused = 1;\nexport const limits = { fileBytes: 128 };\n');
    expect((await plugin('build', folder)).err).toMatch(/limits\.ts:1:7: TS6133: /);
  });

  it.each([
    ["import { type Signed } from '@countersign/plugin-api';"],
    ["import { pluginErrorCodes } from '@countersign/plugin-api';\nconsole.log(pluginErrorCodes);"],
    ["export { standInApi } from '@countersign/plugin-api/testing';"],
  ])('refuses what would look for the types at run time: %s', async (line) => {
    const folder = await made('ink', 'pki');
    await edit(join(folder, 'limits.ts'), (text) => `${line}\n${text}`);
    const { code, err } = await plugin('build', folder);
    expect(code).toBe(1);
    expect(err).toContain('limits.js imports @countersign/plugin-api, which is not there at run time');
  });

  it('works where the folder is a link and has no options of its own', async () => {
    const folder = await made('ink', 'pki');
    await rm(join(folder, 'tsconfig.json'));
    await symlink(folder, join(home, 'link'));
    expect(await ok('build', join(home, 'link'))).toContain(`wrote ${join(home, 'link', 'ink.format.js')}`);
    await ok('check', join(home, 'link'));
  });

  it('has nothing to do for a plugin in JavaScript, and refuses what is no plugin', async () => {
    const folder = await made('ink', 'pki');
    await ok('build', folder);
    for (const name of ['ink.format.ts', 'limits.ts']) await rm(join(folder, name));
    expect(await ok('build', folder)).toContain('has no TypeScript: nothing to build');
    await ok('check', folder);
    expect(await plugin('build', home)).toMatchObject({ code: 2, err: expect.stringContaining('no plugin.json') });
  });
});

describe('plugin check', () => {
  it('fails by name what the plugin does otherwise', async () => {
    const folder = await built('ink');
    await edit(join(folder, 'ink.format.js'), (text) => text.replace('signers.length === 0', 'false'));
    const { code, out, err } = await plugin('check', folder);
    expect(code).toBe(1);
    expect(out).toContain('FAILED  ink › signature over hello › is refused for another key, or for none: ');
    expect(out).toContain('passed  ink › key a key › shows what it should');
    expect(err).toMatch(/countersign: \d+ of \d+ tests failed \(ERR_PLUGIN_INVALID\)/);
  });

  it.each<[string, string, string, string]>([
    [
      'verifies nothing',
      'await format.verify({ signed: { message: artifact }, signature, keys: [key] })',
      '[]',
      'no verifier',
    ],
    ['stumbles', 'const format = pki.get(id);', 'const format = pki.get(id); digest.length;', 'Cannot read'],
    ['has other index keys', '`seal:$', '`seals:$', 'index keys it should'],
    ['vouches for another digest', 'encoding.fromHex(digest)', "encoding.fromHex('00')", 'vouches for its bundle'],
    ['ignores the digest', 'digest !== hex', 'false', 'refuses what belongs to another entry'],
  ])('fails an entry type that %s', async (_, from, to, failure) => {
    const folder = await built('seal');
    await edit(join(folder, 'seal.handler.js'), (text) => text.replace(from, to));
    const { code, out } = await plugin('check', folder);
    expect(code).toBe(1);
    expect(
      out
        .split('\n')
        .filter((line) => line.includes('FAILED'))
        .join('\n'),
    ).toContain(failure);
  });

  it.each([
    ['takes what nobody signed', 'verifiers.length === 0', 'false', 'rules › with settings 1 › says deny of nobody: '],
    ['looks at ends of domains', '`@$', '`$', 'says deny of an address in a domain that ends like it: allow'],
    ['stumbles', 'if (verifiers', 'verifiers[0].algorithm; if (verifiers', 'has a verdict on what nobody signed'],
    ['gives no reason', "reason: 'nobody signed'", 'reason: 1', 'says deny of nobody: '],
  ])('fails a policy that %s', async (_, from, to, failure) => {
    const folder = await built('rules');
    await edit(join(folder, 'rules.policy.js'), (text) => text.replace(from, to));
    const { code, out } = await plugin('check', folder);
    expect(code).toBe(1);
    expect(out).toContain(failure);
  });

  it('fails a policy whose schema takes settings that cannot work', async () => {
    const folder = await built('rules');
    await edit(join(folder, 'rules.schema.json'), (text) => text.replace('"minItems": 1', '"minItems": 0'));
    expect((await plugin('check', folder)).out).toContain('FAILED  rules › refuses settings that cannot work (2): ');
  });

  it('brings no signature to a type whose artifact encloses it', async () => {
    const folder = await built('seal');
    const vectors = JSON.parse(await readFile(join(folder, 'vectors/seal.json'), 'utf8'));
    const [{ artifact }] = vectors.vectors;
    await edit(join(folder, 'plugin.json'), (text) => text.replace('"detached"', '"enclosed"'));
    await edit(join(folder, 'seal.handler.js'), (text) =>
      text.replace('signature: encoding.toBase64(signature),', `signature: '${artifact.signature}',`),
    );
    expect((await plugin('check', folder)).out).toContain('no detached one is taken');
    delete artifact.signature;
    await writeFile(join(folder, 'vectors/seal.json'), JSON.stringify(vectors));
    await ok('check', folder);
  });

  it('takes the schema into account: what it refuses is refused', async () => {
    const folder = await built('seal');
    await edit(join(folder, 'seal.v0.0.1.schema.json'), (text) => text.replace('"digest": {', '"digests": {'));
    const { code, out } = await plugin('check', folder);
    expect(code).toBe(1);
    expect(out).toContain('FAILED  seal › hello, signed with Ed25519 › vouches for its bundle: ');
  });

  it.each([
    ['is no JSON', '{', 'malformed JSON'],
    ['lacks something', '{"type": "pki", "id": "ink", "keys": []}', 'keys is not a list of objects'],
    ['is about another format', (text: string) => text.replace('"id": "ink"', '"id": "x509"'), 'provides no pki x509'],
  ])('fails a vector file that %s', async (_, change, failure) => {
    const folder = await built('ink');
    await edit(join(folder, 'vectors/ink.json'), (text) => (typeof change === 'string' ? change : change(text)));
    const { code, out } = await plugin('check', folder);
    expect(code).toBe(1);
    expect(out).toContain('FAILED  the file: ');
    expect(out).toContain(failure);
  });

  it('checks folders of plugins and links, and admits at the time of the vectors', async () => {
    const folder = await built('seal');
    await edit(join(folder, 'seal.handler.js'), (text) =>
      text.replace(
        'admit: (spec) =>',
        "admit: async (spec, { now }) => now.toISOString() !== '2020-01-02T03:04:05.000Z' ? Promise.reject(errors.refuse('ERR_ENTRY_INVALID', 'expired')) :",
      ),
    );
    await mkdir(join(home, 'folders'));
    await symlink(folder, join(home, 'folders', 'link'));
    const early = await plugin('check', join(home, 'folders'));
    expect(early).toMatchObject({ code: 1, out: expect.stringContaining('expired') });
    await edit(join(folder, 'vectors/seal.json'), (text) => text.replace('{', '{"now": "2020-01-02T03:04:05Z",'));
    expect(await ok('check', join(home, 'folders'))).toContain('entry seal 0.0.1');
  });

  it('leaves other vectors alone, and does not call that a success of theirs', async () => {
    const out = await ok('check', join(builtinPlugins, 'pki-minisign'));
    expect(out).toContain('pki minisign');
    expect(out).toContain('vectors/keys.json: not a vector file of the testing kit, left alone');
    expect(out).toContain('No vectors were run');
    expect(out).not.toContain('pki pgp');
  });

  it('refuses what a node refuses, and says so as a node does', async () => {
    const unbuilt = await plugin('check', await made('ink', 'pki'));
    expect(unbuilt).toMatchObject({
      code: 1,
      err: expect.stringMatching(/ink\.format\.js cannot be read.*ERR_PLUGIN_INVALID/),
    });
    const folder = await built('ink');
    await edit(join(folder, 'plugin.json'), (text) => text.replace('"id": "ink"', '"id": "pgp"'));
    expect((await plugin('check', folder)).err).toMatch(/PKI format pgp is already provided by/);
    expect((await plugin('check', join(home, 'none'))).err).toContain('ERR_PLUGIN_INVALID');
  });

  it('refuses what only a worker cannot load', async () => {
    const folder = await built('ink');
    await edit(
      join(folder, 'ink.format.js'),
      (text) =>
        `import { isMainThread } from 'node:worker_threads';\nif (!isMainThread) throw new Error('not here');\n${text}`,
    );
    expect(await plugin('check', folder)).toMatchObject({ code: 1, err: expect.stringContaining('not here') });
  });
});

describe('plugin list', () => {
  it('lists what comes along and what is named, with folders', async () => {
    const folder = await built('ink');
    const out = await ok('list', '--plugin-folder', folder);
    expect(out).toMatch(/^TYPE +ID +VERSION +PLUGIN +VERSION +SHA-256 +FOLDER\n/);
    expect(out).toMatch(new RegExp(`^pki +ink +0\\.1\\.0 +pki-ink +0\\.1\\.0 +[0-9a-f]{64} +${folder}$`, 'm'));
    const listed = JSON.parse(await ok('list', '--plugin-folder', folder, '--format', 'json'));
    expect(listed).toContainEqual({
      ...{ type: 'pki', id: 'ink', version: '0.1.0', plugin: 'pki-ink', pluginVersion: '0.1.0' },
      ...{ digest: expect.stringMatching(/^[0-9a-f]{64}$/), folder },
    });
    expect(listed).toContainEqual(expect.objectContaining({ type: 'entry', id: 'rekord' }));
  });

  it('lists what a configuration names: folders, packages, and what pins let in', async () => {
    const digest = /sha256 (\w+)/.exec(await ok('check', await built('ink')))?.[1];
    await cp(join(shelf, 'seal'), join(home, 'node_modules/seal'), { recursive: true });
    const config = join(home, 'node.yaml');
    const list = async (pins: string) => {
      await writeFile(config, `host: 0.0.0.0\nplugins: {folders: [ink], packages: [seal], ${pins}}\n`);
      return plugin('list', '--config', config);
    };
    expect((await list('')).out).toMatch(/pki-ink[\s\S]*entry-seal/);
    expect((await list(`digests: {pki-ink: "${digest}"}`)).out).toContain('pki-ink');
    expect(await list(`digests: {pki-ink: "${'0'.repeat(64)}"}`)).toMatchObject({ code: 1, out: '' });
    expect(await ok('list')).not.toContain('pki-ink');
  });
});
