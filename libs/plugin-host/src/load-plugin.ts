import { isJsonObject, type JsonObject } from '@countersign/encoding';
import type { EntryType, PkiFormat, PluginApi, Provision } from '@countersign/plugin-api';
import { compileSchema, type SchemaIssue } from '@countersign/schema';
import { folderDigest } from './digest.ts';
import { limits } from './limits.ts';
import { loadImplementation } from './load.ts';
import { readJson, readManifest } from './manifest.ts';
import { pluginInvalid } from './refusal.ts';

/** The facts of a loaded plugin. */
export interface PluginFacts {
  readonly plugin: string;
  readonly pluginVersion: string;
  /** Real path. */
  readonly folder: string;
  /** SHA-256 over every file, hex. */
  readonly digest: string;
}

/** One entry type, ready for use. */
export interface LoadedEntryType extends PluginFacts {
  readonly type: 'entry';
  readonly kind: string;
  readonly apiVersion: string;
  readonly schema: JsonObject;
  readonly validate: (value: unknown) => SchemaIssue | undefined;
  readonly implementation: EntryType;
}

/** One PKI format, ready for use. */
export interface LoadedPkiFormat extends PluginFacts {
  readonly type: 'pki';
  readonly id: string;
  readonly version: string;
  readonly implementation: PkiFormat;
}

/** Anything a plugin provides. */
export type Loaded = LoadedEntryType | LoadedPkiFormat;

/** Which folders may be loaded. */
export interface Pins {
  /** Digests by plugin name. A plugin named here must have this digest. */
  readonly digests?: Readonly<Record<string, string>>;
  /** Refuse every plugin that `digests` does not name. */
  readonly onlyPinned?: boolean;
}

/**
 * Loads one plugin folder: manifest, digest, code, schemas, in this order.
 *
 * @throws `ERR_PLUGIN_INVALID`
 */
export async function loadPlugin(folder: string, api: PluginApi, pins: Pins): Promise<readonly Loaded[]> {
  const manifest = await readManifest(folder);
  const digest = await folderDigest(folder);
  requirePinned(folder, manifest.name, digest, pins);
  const facts: PluginFacts = { plugin: manifest.name, pluginVersion: manifest.version, folder, digest };
  const loaded: Loaded[] = [];
  for (const provision of manifest.provides) loaded.push(await loadProvision(facts, provision, api));
  return loaded;
}

function requirePinned(folder: string, name: string, digest: string, { digests = {}, onlyPinned = false }: Pins): void {
  const expected = Object.hasOwn(digests, name) ? digests[name] : undefined;
  if (expected === undefined && !onlyPinned) return;
  if (expected !== digest) throw pluginInvalid(folder, `its digest is ${digest}, pinned is ${expected ?? 'none'}`);
}

async function loadProvision(facts: PluginFacts, provision: Provision, api: PluginApi): Promise<Loaded> {
  const { folder } = facts;
  switch (provision.type) {
    case 'pki': {
      const implementation = await loadImplementation(folder, provision, api);
      return { ...facts, type: 'pki', id: provision.id, version: provision.version, implementation };
    }
    case 'entry': {
      const { id: kind, version: apiVersion } = provision;
      const { schema, validate } = await loadSchema(folder, provision.schema);
      const implementation = await loadImplementation(folder, provision, api);
      return { ...facts, type: 'entry', kind, apiVersion, schema, validate, implementation };
    }
    default:
      throw pluginInvalid(folder, `it provides a ${provision.type}, which this version does not load`);
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
