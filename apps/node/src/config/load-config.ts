import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CountersignError } from '@countersign/errors';
import { defaultWorkers } from '@countersign/plugin-host';
import { compileSchema } from '@countersign/schema';
import { configSchema } from '@countersign/schemas';
import { readEnvironment } from './environment.ts';
import type { NodeConfig } from './node-config.ts';
import { checkRules } from './rules.ts';
import {
  changeAt,
  defaults,
  isSettings,
  merge,
  refuseUnknownKeys,
  type SettingSchema,
  type Settings,
} from './settings.ts';

/** Where settings come from, the strongest first. */
export interface ConfigSources {
  /** Settings from the command line, in the shape of the file. `undefined` is not set. */
  readonly flags?: Settings;
  /** Usually `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Path of a YAML file; `COUNTERSIGN_CONFIG` when absent. */
  readonly file?: string;
}

/** A configuration, and what in its sources looks like a mistake. */
export interface LoadedConfig {
  readonly config: NodeConfig;
  /** The folder of the configuration file, absolute; the working directory when there is none. */
  readonly folder: string;
  readonly warnings: readonly string[];
}

/** Bytes of a configuration file. */
const maxFileBytes = 1024 * 1024;

/**
 * Puts a node's configuration together: flag over environment over file over default.
 *
 * @throws `ERR_CONFIG_INVALID` naming the source and the key: a file that cannot be read or is no YAML, an unknown
 * key (with the nearest known one), a value that does not fit the schema, settings that exclude each other
 */
export async function loadConfig(sources: ConfigSources): Promise<LoadedConfig> {
  const schema = configSchema as SettingSchema;
  const { settings: environment, warnings } = readEnvironment(sources.environment ?? {}, schema);
  const path = sources.file ?? (sources.environment?.COUNTERSIGN_CONFIG || undefined);
  const folder = path === undefined ? process.cwd() : dirname(resolve(path));
  const file = path === undefined ? {} : await readFileSettings(path);
  if (path !== undefined) refuseUnknownKeys(file, schema, path);
  const flags = sources.flags ?? {};
  refuseUnknownKeys(flags, schema, 'command line');

  const computed = { admission: { workers: defaultWorkers() } };
  const settings = [computed, resolvePaths(file, folder), environment, flags].reduce(merge, defaults(schema));
  const issue = compileSchema(configSchema)(settings);
  if (issue !== undefined) {
    throw new CountersignError('ERR_CONFIG_INVALID', `configuration: ${issue.message}`, { details: { ...issue } });
  }
  return { config: checkRules(settings as unknown as NodeConfig), folder, warnings };
}

/** A relative path in a file is relative to the file; one from a flag or the environment, to the working directory. */
function resolvePaths(settings: Settings, folder: string): Settings {
  const absolute = (value: unknown): unknown =>
    typeof value === 'string' && value !== '' ? resolve(folder, value) : value;
  const paths = [
    ['data'],
    ['tls', 'cert'],
    ['tls', 'key'],
    ['keys', 'passphraseFile'],
    ['log', 'publish', 'directory'],
    ['plugins', 'folders'],
  ];
  return paths.reduce(
    (all, path) => changeAt(all, path, (value) => (Array.isArray(value) ? value.map(absolute) : absolute(value))),
    settings,
  );
}

async function readFileSettings(path: string): Promise<Settings> {
  let value: unknown;
  try {
    const text = await readFile(path, 'utf8');
    if (text.length > maxFileBytes) throw new Error(`over ${maxFileBytes} bytes`);
    // Loaded where there is a file: it is slow to load.
    const { parse } = await import('yaml');
    value = parse(text, { maxAliasCount: 100 });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CountersignError('ERR_CONFIG_INVALID', `configuration file ${path}: ${why}`, { cause });
  }
  // An empty file is an empty configuration.
  if (value === null) return {};
  if (!isSettings(value)) {
    throw new CountersignError('ERR_CONFIG_INVALID', `configuration file ${path}: not a mapping of keys to values`);
  }
  return value;
}
