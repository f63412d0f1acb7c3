import { isJsonObject, type JsonObject } from '@countersign/encoding';
import type {
  AdmissionPolicy,
  EntryType,
  PkiFormat,
  PluginApi,
  PluginManifest,
  Provision,
  Takes,
} from '@countersign/plugin-api';
import { compileSchema, type SchemaCheck } from '@countersign/schema';
import { folderDigest } from './digest.ts';
import { limits } from './limits.ts';
import { loadImplementation } from './load.ts';
import { readJson, readManifest } from './manifest.ts';
import { pluginInvalid } from './refusal.ts';

/** One entry type, ready for use. */
export interface LoadedEntryType {
  readonly type: 'entry';
  readonly kind: string;
  readonly apiVersion: string;
  readonly schema: JsonObject;
  readonly validate: SchemaCheck;
  readonly takes: Takes;
  readonly implementation: EntryType;
  readonly folder: string;
}

/** One PKI format, ready for use. */
export interface LoadedPkiFormat {
  readonly type: 'pki';
  readonly id: string;
  readonly version: string;
  readonly implementation: PkiFormat;
  readonly folder: string;
}

/** One admission policy, ready to be given settings. */
export interface LoadedPolicy {
  readonly type: 'policy';
  readonly id: string;
  readonly version: string;
  /** Of the settings. */
  readonly validate: SchemaCheck;
  readonly implementation: AdmissionPolicy;
  readonly folder: string;
}

/** A plugin and all it provides. */
export interface LoadedPlugin {
  readonly name: string;
  readonly version: string;
  /** Real path. */
  readonly folder: string;
  /** SHA-256 over every file, hex: `folderDigest`. */
  readonly digest: string;
  readonly provides: readonly (LoadedEntryType | LoadedPkiFormat | LoadedPolicy)[];
}

/** Which folders may be loaded. */
export interface Pins {
  /** Digests by plugin name. A plugin named here must be there and have this digest. */
  readonly digests?: Readonly<Record<string, string>>;
  /** Refuse every plugin that `digests` does not name. Those that come with Countersign need no pin. */
  readonly onlyPinned?: boolean;
}

/** A plugin that may be loaded, none of whose code has run. */
export interface CheckedPlugin {
  readonly folder: string;
  readonly manifest: PluginManifest;
  readonly digest: string;
}

/**
 * Checks a plugin folder before any of its code runs: manifest, then digest.
 *
 * @throws `ERR_PLUGIN_INVALID`
 */
export async function checkPlugin(folder: string, pins: Pins): Promise<CheckedPlugin> {
  const manifest = await readManifest(folder);
  const digest = await folderDigest(folder);
  requirePinned(folder, manifest.name, digest, pins);
  return { folder, manifest, digest };
}

/**
 * Loads what a plugin provides: its schemas, then its code.
 *
 * @throws `ERR_PLUGIN_INVALID`
 */
export async function loadPlugin({ folder, manifest, digest }: CheckedPlugin, api: PluginApi): Promise<LoadedPlugin> {
  const { name, version, provides } = manifest;
  const loaded: LoadedPlugin['provides'][number][] = [];
  for (const provision of provides) loaded.push(await loadProvision(folder, provision, api));
  return { name, version, folder, digest, provides: loaded };
}

function requirePinned(folder: string, name: string, digest: string, { digests = {}, onlyPinned = false }: Pins): void {
  const expected = Object.hasOwn(digests, name) ? digests[name] : undefined;
  if (expected === undefined && !onlyPinned) return;
  if (expected !== digest) throw pluginInvalid(folder, `its digest is ${digest}, pinned is ${expected ?? 'none'}`);
}

async function loadProvision(
  folder: string,
  provision: Provision,
  api: PluginApi,
): Promise<LoadedPlugin['provides'][number]> {
  const { id, version } = provision;
  switch (provision.type) {
    case 'entry': {
      const { schema, validate } = await loadSchema(folder, provision.schema);
      const implementation = await loadImplementation(folder, provision, api);
      const { takes } = provision;
      return { type: 'entry', kind: id, apiVersion: version, schema, validate, takes, implementation, folder };
    }
    case 'pki':
      return { type: 'pki', id, version, implementation: await loadImplementation(folder, provision, api), folder };
    case 'policy': {
      if (provision.phase !== 'admission') {
        const reason = `plugin.json: policy ${id} is of phase ${provision.phase}; this version loads admission policies`;
        throw pluginInvalid(folder, reason);
      }
      const { validate } = await loadSchema(folder, provision.schema);
      return {
        type: 'policy',
        id,
        version,
        validate,
        implementation: await loadImplementation(folder, provision, api),
        folder,
      };
    }
  }
}

async function loadSchema(folder: string, name: string): Promise<Pick<LoadedEntryType, 'schema' | 'validate'>> {
  const schema = await readJson(folder, name, limits.schemaBytes);
  if (!isJsonObject(schema)) throw pluginInvalid(folder, `${name} is not a JSON Schema`);
  try {
    return { schema, validate: compileSchema(schema) };
  } catch (cause) {
    throw pluginInvalid(folder, name, cause);
  }
}
