import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { pluginInvalid } from './refusal.ts';

/** Tells whether `file` lies inside `folder`. Both are real paths: links have been followed. */
export function isInside(folder: string, file: string): boolean {
  return file.startsWith(folder + path.sep);
}

/**
 * The real path of a file that a manifest names. It must lie inside the plugin's folder
 * after all links are followed: what runs is what was hashed.
 *
 * @throws `ERR_PLUGIN_INVALID`
 */
export async function fileInside(folder: string, name: string): Promise<string> {
  if (path.isAbsolute(name)) throw pluginInvalid(folder, `${name} is not a path inside the folder`);
  let file: string;
  try {
    file = await realpath(path.join(folder, name));
    if (!(await stat(file)).isFile()) throw new Error('not a file');
  } catch (cause) {
    throw pluginInvalid(folder, `${name} cannot be read`, cause);
  }
  if (!isInside(folder, file)) throw pluginInvalid(folder, `${name} lies outside of the folder`);
  return file;
}
