import { pluginInvalid } from './refusal.ts';

/**
 * Things by name. Without a prototype, so that a name chosen by a stranger (`__proto__`,
 * `constructor`) finds nothing; frozen, so that nothing is added or replaced.
 */
export type Registry<T> = Readonly<Record<string, T>>;

/**
 * Registers things under their names.
 *
 * @param what what the names name, for the message
 * @throws `ERR_PLUGIN_INVALID`, naming both folders, when two have the same name
 */
export function register<T extends { readonly folder: string }>(
  what: string,
  things: readonly T[],
  nameOf: (thing: T) => string,
): Registry<T> {
  const registry: Record<string, T> = Object.create(null);
  for (const thing of things) {
    const name = nameOf(thing);
    const taken = registry[name];
    if (taken !== undefined) {
      throw pluginInvalid(thing.folder, `plugin.json: ${what} ${name} is already provided by ${taken.folder}`);
    }
    registry[name] = thing;
  }
  return Object.freeze(registry);
}
