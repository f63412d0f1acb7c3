import { isDeepStrictEqual } from 'node:util';
import { configSchema } from '@countersign/schemas';
import type { NodeConfig } from './node-config.ts';
import { isSettings, listSettings, type SettingSchema } from './settings.ts';

/** The settings that differ between two configurations, by their names in the file: `limits.bodyBytes`. */
export function changedSettings(before: NodeConfig, after: NodeConfig): readonly string[] {
  return listSettings(configSchema as SettingSchema)
    .filter(({ path }) => !isDeepStrictEqual(valueAt(before, path), valueAt(after, path)))
    .map(({ path }) => path.join('.'));
}

function valueAt(config: unknown, path: readonly string[]): unknown {
  return path.reduce((value, key) => (isSettings(value) ? value[key] : undefined), config);
}
