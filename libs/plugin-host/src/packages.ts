import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { pluginsIn } from './discover.ts';
import { limits } from './limits.ts';
import { isInside } from './paths.ts';
import { pluginInvalid } from './refusal.ts';

/** A package's name as the registry takes new ones, with or without a scope. The configuration's schema has the same. */
export const packageName = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

/**
 * Finds the plugins of installed npm packages, without running anything: the nearest
 * `node_modules/<name>`, from `start` upwards, is a plugin folder or holds plugin folders.
 * A linked package counts as the folder it links to, and its plugins must lie in there.
 *
 * @returns plugin folders, real paths
 * @throws `ERR_PLUGIN_INVALID`: no package name, not found (with the places looked at), no plugin in it, a link out of it
 */
export async function findPackages(names: readonly string[], start: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) found.push(...(await pluginsOf(name, start)));
  return found;
}

async function pluginsOf(name: string, start: string): Promise<string[]> {
  if (name.length > limits.packageName || !packageName.test(name)) {
    throw pluginInvalid(`package ${JSON.stringify(name)}`, 'this is no name of an npm package');
  }
  const root = await findPackage(name, start);
  const plugins = await pluginsIn(root);
  const outside = plugins.find((folder) => folder !== root && !isInside(root, folder));
  if (outside !== undefined) throw pluginInvalid(outside, `it lies outside of the package ${name}, ${root}`);
  return plugins;
}

/** Node's own way up, without its `exports` and without NODE_PATH. */
async function findPackage(name: string, start: string): Promise<string> {
  const looked: string[] = [];
  for (let at = path.resolve(start), up = ''; at !== up; up = at, at = path.dirname(at)) {
    if (path.basename(at) === 'node_modules') continue;
    const place = path.join(at, 'node_modules', name);
    try {
      return await realpath(place);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ENOTDIR') {
        throw pluginInvalid(`package ${name}`, `${place} cannot be read`, cause);
      }
      looked.push(place);
    }
  }
  throw pluginInvalid(`package ${name}`, `not installed; looked for ${looked.join(', ')}`);
}
