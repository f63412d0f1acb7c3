import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { pluginInvalid } from './refusal.ts';

/**
 * Finds the plugin folders: each folder given that holds a `plugin.json`, otherwise every
 * folder directly inside it that does. The order is that of `folders`, then by name.
 *
 * @returns real paths
 * @throws `ERR_PLUGIN_INVALID` when a folder is missing, holds no plugin, or is named twice
 */
export async function discover(folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const folder of folders) found.push(...(await pluginsIn(folder)));
  const twice = found.find((folder, at) => found.indexOf(folder) !== at);
  if (twice !== undefined) throw pluginInvalid(twice, 'found twice');
  return found;
}

/**
 * The folder itself when it is a plugin, otherwise the plugins directly inside it.
 *
 * @returns real paths
 * @throws `ERR_PLUGIN_INVALID` when it cannot be read, or there are none
 */
export async function pluginsIn(folder: string): Promise<string[]> {
  const plugins = await list(folder).catch((cause: unknown) => {
    throw pluginInvalid(folder, 'cannot be read', cause);
  });
  if (plugins.length === 0) throw pluginInvalid(folder, 'neither this folder nor any inside it has a plugin.json');
  return plugins;
}

async function list(folder: string): Promise<string[]> {
  const root = await realpath(folder);
  if (await isPlugin(root)) return [root];
  const names = (await readdir(root)).sort();
  const inside = await Promise.all(names.map((name) => realpath(path.join(root, name))));
  const plugins = await Promise.all(inside.map(isPlugin));
  return inside.filter((_, at) => plugins[at]);
}

async function isPlugin(folder: string): Promise<boolean> {
  return (await stat(folder)).isDirectory() && (await readdir(folder)).includes('plugin.json');
}
