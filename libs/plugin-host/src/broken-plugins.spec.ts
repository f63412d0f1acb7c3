import { execFile } from 'node:child_process';
import { readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Broken, brokenPlugins } from './broken-plugins.fixture.ts';
import { folderDigest } from './digest.ts';
import { PluginFolders } from './plugin-folders.fixture.ts';
import { builtinPlugins, PluginHost } from './plugin-host.ts';

// The built package in a process of its own, in its main thread and in a worker of it: no test runner between
// `import()` and the plugin. That a pool hands on what its workers say is shown beside the pool.
const built = new URL('../dist/index.js', import.meta.url).href;
const script = `
  const loadAll = async (all) => {
    const { PluginHost } = await import(${JSON.stringify(built)});
    const outcomes = [];
    for (const options of all) {
      outcomes.push(await PluginHost.load(options).then(() => ({}), ({ code, message }) => ({ code, message })));
    }
    return outcomes;
  };
  const { once } = await import('node:events');
  const { Worker } = await import('node:worker_threads');
  const cases = JSON.parse(process.argv[1]);
  const code = 'import { parentPort, workerData } from "node:worker_threads";'
    + '(' + loadAll + ')(workerData).then((outcomes) => parentPort.postMessage(outcomes));';
  const thread = new Worker(code, { eval: true, workerData: cases.map(({ worker }) => worker) });
  const [worker] = await once(thread, 'message');
  const main = await loadAll(cases.map(({ main }) => main));
  process.stdout.write(JSON.stringify(cases.map((_, at) => ({ main: main[at], worker: worker[at] }))));
`;

interface Outcome {
  readonly code?: string;
  readonly message?: string;
}

interface Result {
  readonly folder: string;
  readonly main: Outcome;
  readonly worker: Outcome;
}

const kept = new PluginFolders();
const results = new Map<string, Result>();

beforeAll(async () => {
  const builtins = (await PluginHost.load({ folders: [builtinPlugins] })).digests();
  const cases = await Promise.all(brokenPlugins.map((broken) => prepare(broken, builtins)));
  const args = ['--input-type=module', '--eval', script, JSON.stringify(cases)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const outcomes = JSON.parse(stdout) as readonly Omit<Result, 'folder'>[];
  brokenPlugins.forEach(({ what, named = 'toy' }, at) => {
    const outcome = outcomes[at] ?? { main: {}, worker: {} };
    results.set(what, { folder: path.join(cases[at]?.root ?? '', named), ...outcome });
  });
});
afterAll(() => kept.remove());

/** Makes the folders; the worker is given the digests they have, as if the main thread had loaded them so. */
async function prepare({ plugins, links = {}, pins = {}, afterBuiltins }: Broken, builtins: object) {
  const root = await kept.make(plugins);
  for (const [link, target] of Object.entries(links)) await symlink(target, path.join(root, link));
  const names = Object.keys(plugins).filter((name) => name !== 'outside');
  const folders = names.map((name) => path.join(root, name));
  if (afterBuiltins) folders.unshift(builtinPlugins);
  const found = await Promise.all(names.map((name) => digestOf(path.join(root, name))));
  const digests = pins.digests ?? Object.assign({}, ...(afterBuiltins ? [builtins] : []), ...found.reverse());
  return { root, main: { folders, ...pins }, worker: { folders, digests, onlyPinned: true } };
}

async function digestOf(folder: string): Promise<Readonly<Record<string, string>>> {
  try {
    const { name } = JSON.parse(await readFile(path.join(folder, 'plugin.json'), 'utf8'));
    return { [name]: await folderDigest(folder).catch(() => '0'.repeat(64)) };
  } catch {
    return {};
  }
}

describe.each(['main', 'worker'] as const)('a load from the %s thread names folder and reason for', (thread) => {
  it.each(brokenPlugins)('$what', ({ what, reason }) => {
    const { folder = '', [thread]: { code, message } = {} } = results.get(what) ?? {};
    expect(code).toBe('ERR_PLUGIN_INVALID');
    expect(message).toContain(`plugin ${folder}: `);
    expect(message).toContain(reason);
  });
});
