import { pathToFileURL } from 'node:url';
import type { AdmissionPolicy, EntryType, PkiFormat, PluginApi, PluginFactory } from '@countersign/plugin-api';
import { guarded } from './guarded.ts';
import { fileInside } from './paths.ts';
import { pluginInvalid } from './refusal.ts';

/** What an implementation of each type must have. */
const methods = {
  entry: ['propose', 'admit', 'claims'],
  pki: ['parseKey', 'parseSignature', 'verify'],
  policy: ['prepare'],
} as const;

/** What an implementation of each type is. */
export interface Implementations {
  readonly entry: EntryType;
  readonly pki: PkiFormat;
  readonly policy: AdmissionPolicy;
}

/**
 * Imports a plugin's `entry` file, calls the factory it exports by default, and checks the
 * shape of what that makes.
 *
 * @throws `ERR_PLUGIN_INVALID`
 */
export async function loadImplementation<T extends keyof Implementations>(
  folder: string,
  provision: { readonly type: T; readonly entry: string },
  api: PluginApi,
): Promise<Implementations[T]> {
  const file = await fileInside(folder, provision.entry);
  let implementation: unknown;
  try {
    implementation = await guarded(folder, async () => {
      const factory = defaultExport(await import(pathToFileURL(file).href));
      if (typeof factory !== 'function') throw new Error('its default export is not a function');
      return (factory as PluginFactory<unknown>)(api);
    });
  } catch (cause) {
    throw pluginInvalid(folder, provision.entry, cause ?? 'nothing said');
  }
  const missing = methods[provision.type].filter((name) => !hasMethod(implementation, name));
  if (missing.length > 0) {
    throw pluginInvalid(folder, `${provision.entry} does not implement ${missing.join(', ')}`);
  }
  return implementation as Implementations[T];
}

/** A CommonJS module's `exports.default` comes one level deeper than an ES module's default. */
function defaultExport(module: { readonly default?: unknown }): unknown {
  const exported = module.default;
  return typeof exported === 'object' && exported !== null && 'default' in exported ? exported.default : exported;
}

function hasMethod(value: unknown, name: string): boolean {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, name) === 'function';
}
