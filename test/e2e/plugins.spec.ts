import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entryOf } from './support/entry.ts';
import { ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';

const folder = temporaryFolder();
const command = join(import.meta.dirname, '../../apps/cli/bin/countersign.js');
const entries = '/api/v1/log/entries';

const manifest = {
  name: 'entry-toy',
  version: '1.0.0',
  apiVersion: '^1.0.0',
  provides: [
    {
      type: 'entry',
      id: 'toy',
      version: '0.0.1',
      schema: 'schema.json',
      takes: { artifact: 'content', signature: 'enclosed', publicKeys: 'enclosed' },
      entry: 'toy.mjs',
    },
  ],
};
const code = `export default () => ({
  async propose() { return {}; },
  async admit(spec) { return { spec, indexKeys: [], verifiers: [] }; },
  async claims() {},
});`;
const toy = { 'plugin.json': JSON.stringify(manifest), 'schema.json': '{"type": "object"}', 'toy.mjs': code };

/** Writes a plugin folder: the toy, with some files changed. */
function plugin(path: string, changes: Readonly<Record<string, string>> = {}): string {
  const full = join(folder.path(), path);
  mkdirSync(full, { recursive: true });
  for (const [name, text] of Object.entries({ ...toy, ...changes })) writeFileSync(join(full, name), text);
  return full;
}

interface Ended {
  readonly exitCode: number | null;
  readonly stderr: string;
}

let runs = 0;

/** Runs `countersign up --dev` until it ends by itself, each time on data of its own unless told. */
function up(flags: readonly string[], data = join(folder.path(), `data-${runs++}`)): Promise<Ended> {
  return new Promise((resolve) => {
    const args = [command, 'up', '--dev', '--port', '0', '--data', data, ...flags];
    const child = execFile(process.execPath, args, { timeout: 30_000 }, (_error, _stdout, stderr) => {
      resolve({ exitCode: child.exitCode, stderr });
    });
  });
}

const broken: readonly (readonly [what: string, changes: Readonly<Record<string, string>>, reason: string])[] = [
  [
    'an unknown key',
    { 'plugin.json': JSON.stringify({ ...manifest, author: 'me' }) },
    'plugin.json: author in body is a forbidden property',
  ],
  ['a wrong schema', { 'schema.json': '{"type": "colour"}' }, 'schema.json: malformed JSON Schema'],
  [
    'a kind there is already',
    { 'plugin.json': JSON.stringify(manifest).replace('"toy"', '"hashedrekord"') },
    'entry type hashedrekord 0.0.1 is already provided by ',
  ],
  ['a syntax error', { 'toy.mjs': 'export default (' }, 'toy.mjs: Unexpected'],
  ['code that ends the process', { 'toy.mjs': 'process.exit(0)' }, 'toy.mjs: it called process.exit(0)'],
  [
    'code that throws only in a worker',
    {
      'toy.mjs': `import { isMainThread } from 'node:worker_threads'; if (!isMainThread) throw new Error('no');\n${code}`,
    },
    'toy.mjs: no',
  ],
];

describe('a broken plugin stops the start', () => {
  it.each(broken)('%s', async (what, changes, reason) => {
    const path = plugin(what.replaceAll(' ', '-'), changes);
    const { exitCode, stderr } = await up(['--plugin-folder', path]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`countersign: plugin ${path}: `);
    expect(stderr).toContain(reason);
    expect(stderr).toContain('(ERR_PLUGIN_INVALID)');
    // No stack, nothing made, nothing said to be ready.
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(stderr).not.toMatch(/^Ready/m);
  });

  it('a link that leads out of the folder', async () => {
    const path = plugin('link');
    symlinkSync('..', join(path, 'deep'));
    const { exitCode, stderr } = await up(['--plugin-folder', path]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`countersign: plugin ${path}: deep links to outside of the folder (ERR_PLUGIN_INVALID)`);
  });

  it('a plugin without a pin where pins are needed, a wrong pin, a policy and a package that are not there', async () => {
    const path = plugin('pinned');
    const config = (settings: object) => {
      const file = join(folder.path(), 'node.yaml');
      writeFileSync(file, JSON.stringify(settings));
      return ['--config', file];
    };
    const unpinned = await up(config({ plugins: { folders: ['pinned'], onlyPinned: true } }));
    expect(unpinned).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`plugin ${path}: its digest is `) });
    const [, digest = ''] = /its digest is ([0-9a-f]{64}), pinned is none/.exec(unpinned.stderr) ?? [];
    expect(digest).not.toBe('');

    const wrong = { 'entry-toy': digest.replace(/^./, (hex) => (hex === '0' ? '1' : '0')) };
    expect(await up(config({ plugins: { folders: ['pinned'], digests: wrong } }))).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`plugin ${path}: its digest is ${digest}, pinned is `),
    });
    const pinned = { folders: ['pinned'], digests: { 'entry-toy': digest }, onlyPinned: true };
    expect(await up(config({ plugins: pinned, log: { admission: { policies: [{ policy: 'knd' }] } } }))).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('admission policy "knd": no loaded plugin provides it; did you mean "kind"?'),
    });
    expect(await up(config({ plugins: { packages: ['gone'] } }))).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(
        `plugin package gone: not installed; looked for ${folder.path()}/node_modules/gone`,
      ),
    });
    expect(await up(config({ plugins: { packages: ['../pinned'] } }))).toMatchObject({ exitCode: 2 });
  });

  it('leaves the data free for the next', async () => {
    const data = join(folder.path(), 'data');
    const path = plugin('late', { 'toy.mjs': broken.at(-1)?.[1]['toy.mjs'] ?? '' });
    expect(await up(['--plugin-folder', path], data)).toMatchObject({ exitCode: 1 });
    const node = await NodeProcess.start({ data });
    // The folder was made by the start before; key, shard and entry 0 were not.
    expect(node.created).toHaveLength(3);
    await node.stop();
  });
});

it('takes and finds an entry of a plugin from a package beside the configuration', async () => {
  plugin('deploy/node_modules/@acme/toy');
  writeFileSync(join(folder.path(), 'deploy/node.yaml'), 'plugins: {packages: ["@acme/toy"]}\n');
  const file = join(folder.path(), 'deploy/node.yaml');
  const node = await NodeProcess.start({ data: join(folder.path(), 'package') }, file);
  const answer = await post(node.url, entries, { kind: 'toy', apiVersion: '0.0.1', spec: { n: 1 } });
  expect(answer.status).toBe(201);
  const { logIndex } = entryOf(answer.json);
  expect((await ask(node.url, `${entries}?logIndex=${logIndex}`)).status).toBe(200);
  await node.stop();
});
