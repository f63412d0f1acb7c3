import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { CountersignError } from '@countersign/errors';
import type { TestResult } from '@countersign/plugin-api/testing';
import { AdmissionPool, builtinPlugins, PluginHost, type PluginInfo } from '@countersign/plugin-host';
import type { Io } from '../../io.ts';
import { printable } from '../../text/printable.ts';
import { runVectorFile } from './vectors.ts';

/**
 * `countersign plugin check`: loads plugins as a node does, beside those that come with it, on the main thread
 * and in a worker, and runs the vectors they bring.
 */
export async function run(
  _options: unknown,
  io: Io,
  { args: folders }: { readonly args: readonly string[] },
): Promise<void> {
  const say = (line: string): void => io.out(printable(`${line}\n`));
  const clock = { now: Date.now() };
  const host = await PluginHost.load({
    folders: [builtinPlugins, ...(await outside(folders))],
    clock: () => clock.now,
  });
  const found = host.plugins().map(({ folder }) => folder);
  const pool = await AdmissionPool.start({ folders: found, digests: host.digests(), workers: 1 });
  await pool.close();

  const results: TestResult[] = [];
  for (const plugin of await checked(folders, host)) {
    await describe(plugin, host, say);
    say('  loads on the main thread and in a worker');
    const files = await vectorFiles(plugin.folder);
    for (const file of files) {
      const tests = await runVectorFile(file, plugin, host, clock);
      if (tests === undefined) {
        say(`  ${path.relative(plugin.folder, file)}: not a vector file of the testing kit, left alone`);
        continue;
      }
      say(`  ${path.relative(plugin.folder, file)}`);
      for (const { name, failure } of tests) {
        say(`    ${failure === undefined ? `passed  ${name}` : `FAILED  ${name}: ${failure}`}`);
      }
      results.push(...tests);
    }
  }

  const failed = results.filter(({ failure }) => failure !== undefined).length;
  if (failed > 0) {
    throw new CountersignError('ERR_PLUGIN_INVALID', `${failed} of ${results.length} tests failed`);
  }
  say(results.length === 0 ? 'No vectors were run: that it loads is all that is known' : `${results.length} passed`);
}

/** The folders that are not among the built-in plugins already. */
async function outside(folders: readonly string[]): Promise<string[]> {
  const builtin = await realpath(builtinPlugins);
  const real = await Promise.all(folders.map((folder) => realpath(folder).catch(() => folder)));
  return real.filter((folder) => !isIn(builtin, folder));
}

/** What was named: all that did not come along by itself, and of the built-in plugins those in a folder that was. */
async function checked(folders: readonly string[], host: PluginHost): Promise<PluginInfo[]> {
  const builtin = await realpath(builtinPlugins);
  const named = await Promise.all(folders.map((folder) => realpath(folder)));
  return host.plugins().filter(({ folder }) => !isIn(builtin, folder) || named.some((each) => isIn(each, folder)));
}

function isIn(parent: string, folder: string): boolean {
  return folder === parent || folder.startsWith(parent + path.sep);
}

async function describe(plugin: PluginInfo, host: PluginHost, say: (line: string) => void): Promise<void> {
  const { apiVersion } = JSON.parse(await readFile(path.join(plugin.folder, 'plugin.json'), 'utf8'));
  const entries = await readdir(plugin.folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async (file) => (await stat(path.join(file.parentPath, file.name))).size));
  say(`${plugin.name} ${plugin.version}, for plugin API ${apiVersion}`);
  for (const { plugin: name, type, id, version } of host.describe()) {
    if (name === plugin.name) say(`  ${type} ${id} ${version}`);
  }
  say(`  ${files.length} files, ${sizes.reduce((sum, size) => sum + size, 0)} bytes`);
  say(`  sha256 ${plugin.digest}`);
}

async function vectorFiles(folder: string): Promise<string[]> {
  const vectors = path.join(folder, 'vectors');
  const names = await readdir(vectors).catch(() => []);
  return names
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => path.join(vectors, name));
}
