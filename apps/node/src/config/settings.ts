import { CountersignError, nearest } from '@countersign/errors';

/** The part of JSON Schema that the configuration's schema uses. */
export interface SettingSchema {
  readonly type?: string;
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SettingSchema>>;
  readonly items?: SettingSchema;
}

/** One setting: a leaf of the configuration's schema. */
export interface Setting {
  /** The keys that lead to it, such as `['limits', 'bodyBytes']`. */
  readonly path: readonly string[];
  /** The environment variable that sets it. */
  readonly variable: string;
  readonly schema: SettingSchema;
}

/** A tree of settings under way to becoming a `NodeConfig`. */
export interface Settings {
  [key: string]: unknown;
}

/** Every setting there is, in the schema's order. */
export function listSettings(schema: SettingSchema, path: readonly string[] = []): readonly Setting[] {
  if (schema.properties === undefined) return [{ path, variable: variableOf(path), schema }];
  return Object.entries(schema.properties).flatMap(([key, member]) => listSettings(member, [...path, key]));
}

/** `['limits', 'bodyBytes']` is set by `COUNTERSIGN_LIMITS_BODY_BYTES`. */
function variableOf(path: readonly string[]): string {
  const words = path.map((key) => key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase());
  return ['COUNTERSIGN', ...words].join('_');
}

/**
 * Refuses keys the schema does not have, naming the nearest it has.
 *
 * @param source where the settings come from, for the message
 * @throws `ERR_CONFIG_INVALID`
 */
export function refuseUnknownKeys(settings: Settings, schema: SettingSchema, source: string, prefix = ''): void {
  const known = schema.properties ?? {};
  for (const [key, value] of Object.entries(settings)) {
    const member = Object.hasOwn(known, key) ? known[key] : undefined;
    if (member === undefined) {
      const hint = nearest(key, Object.keys(known));
      throw new CountersignError(
        'ERR_CONFIG_INVALID',
        `${source}: unknown key "${prefix}${key}"${hint === undefined ? '' : `; did you mean "${prefix}${hint}"?`}`,
        { details: { key: prefix + key, nearest: hint === undefined ? null : prefix + hint } },
      );
    }
    if (member.properties !== undefined && isSettings(value)) {
      refuseUnknownKeys(value, member, source, `${prefix}${key}.`);
    }
  }
}

/** Sets one value at a path, making the objects on the way. */
export function setAt(settings: Settings, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) {
    settings[key] = value;
    return;
  }
  const inner = settings[key];
  const next: Settings = isSettings(inner) ? inner : {};
  settings[key] = next;
  setAt(next, rest, value);
}

/** A copy with the value at a path changed, where there is one. */
export function changeAt(settings: Settings, path: readonly string[], change: (value: unknown) => unknown): Settings {
  const [key = '', ...rest] = path;
  const value = Object.hasOwn(settings, key) ? settings[key] : undefined;
  if (rest.length === 0) return value === undefined ? settings : { ...settings, [key]: change(value) };
  return isSettings(value) ? { ...settings, [key]: changeAt(value, rest, change) } : settings;
}

/** Lays `over` on top of `under`, object by object; an `undefined` covers nothing. */
export function merge(under: Settings, over: Settings): Settings {
  const merged: Settings = { ...under };
  for (const [key, value] of Object.entries(over)) {
    if (value === undefined) continue;
    const below = merged[key];
    merged[key] = isSettings(value) && isSettings(below) ? merge(below, value) : value;
  }
  return merged;
}

/** The defaults the schema gives. */
export function defaults(schema: SettingSchema): Settings {
  const settings: Settings = {};
  for (const { path, schema: member } of listSettings(schema)) {
    if (member.default !== undefined) setAt(settings, path, member.default);
  }
  return settings;
}

/** Tells a plain object from every other value. */
export function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
