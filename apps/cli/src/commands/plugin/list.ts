import { loadConfig, pluginsToLoad } from '@countersign/node';
import { builtinPlugins, type LoadOptions, PluginHost } from '@countersign/plugin-host';
import type { Io } from '../../io.ts';
import { printable } from '../../text/printable.ts';

/** The flags of `countersign plugin list`. */
export interface ListOptions {
  readonly pluginFolder?: readonly string[];
  readonly config?: string;
  readonly format: 'default' | 'json';
}

/** `countersign plugin list`: what a node, or an upload, with these flags would have loaded. */
export async function run(options: ListOptions, io: Io): Promise<void> {
  const host = await PluginHost.load(await named(options, io));
  const folders = new Map(host.plugins().map(({ name, folder }) => [name, folder]));
  const provided = host.describe().map((one) => ({ ...one, folder: folders.get(one.plugin) }));
  if (options.format === 'json') {
    io.out(`${JSON.stringify(provided)}\n`);
    return;
  }
  const rows = provided.map(({ type, id, version, plugin, pluginVersion, digest, folder }) => [
    ...[type, id, version, plugin, pluginVersion, digest, folder],
  ]);
  const table = [['TYPE', 'ID', 'VERSION', 'PLUGIN', 'VERSION', 'SHA-256', 'FOLDER'], ...rows];
  const widths = table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = table.map((row) => row.map((cell = '', column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  io.out(printable(`${lines.map((line) => line.trimEnd()).join('\n')}\n`));
}

/** As for `up`: the flag goes over the file. What else a node needs is no matter here. */
async function named({ config: file, pluginFolder }: ListOptions, io: Io): Promise<LoadOptions> {
  if (file === undefined) return { folders: [builtinPlugins, ...(pluginFolder ?? [])] };
  const { config, folder } = await loadConfig({
    flags: {
      publicUrl: 'http://127.0.0.1',
      ...(pluginFolder === undefined ? {} : { plugins: { folders: pluginFolder } }),
    },
    environment: io.env,
    file,
  });
  return pluginsToLoad(config.plugins, folder);
}
