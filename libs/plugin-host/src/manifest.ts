import { readFile, stat } from 'node:fs/promises';
import { type JsonValue, parseJson } from '@countersign/encoding';
import { type PluginManifest, pluginApiVersion } from '@countersign/plugin-api';
import { assertSchema, compileSchema } from '@countersign/schema';
import { pluginManifestSchema } from '@countersign/schemas';
import semver from 'semver';
import { limits } from './limits.ts';
import { fileInside } from './paths.ts';
import { pluginInvalid } from './refusal.ts';

const validate = compileSchema(pluginManifestSchema);

/**
 * Reads and checks a folder's `plugin.json`, before any of the plugin's code runs.
 *
 * @throws `ERR_PLUGIN_INVALID`
 */
export async function readManifest(folder: string): Promise<PluginManifest> {
  const json = await readJson(folder, 'plugin.json', limits.manifestBytes);
  try {
    assertSchema(validate, json, 'plugin.json');
  } catch (cause) {
    throw pluginInvalid(folder, 'plugin.json', cause);
  }
  const manifest = json as unknown as PluginManifest;
  requireApiVersion(folder, manifest.apiVersion);
  return manifest;
}

/**
 * Reads a JSON file inside the folder.
 *
 * @throws `ERR_PLUGIN_INVALID`
 */
export async function readJson(folder: string, name: string, maxBytes: number): Promise<JsonValue> {
  const file = await fileInside(folder, name);
  try {
    if ((await stat(file)).size > maxBytes) throw new Error(`over ${maxBytes} bytes`);
    return parseJson(await readFile(file), { bytes: maxBytes });
  } catch (cause) {
    throw pluginInvalid(folder, name, cause);
  }
}

function requireApiVersion(folder: string, range: string): void {
  // Semver takes an empty alternative for any version: `^1.0.0 ||` would be no check at all.
  const empty = range.split('||').some((alternative) => alternative.trim() === '');
  if (empty || semver.validRange(range) === null) {
    throw pluginInvalid(folder, `plugin.json: apiVersion "${range}" is not a version range`);
  }
  if (!semver.satisfies(pluginApiVersion, range)) {
    throw pluginInvalid(folder, `plugin.json: it is written for plugin API ${range}, and this is ${pluginApiVersion}`);
  }
}
