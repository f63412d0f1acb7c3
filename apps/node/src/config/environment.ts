import { CountersignError, nearest } from '@countersign/errors';
import { listSettings, type Setting, type SettingSchema, type Settings, setAt } from './settings.ts';

/** Variables that start like a setting and are none: the name of the configuration file, and the client's own. */
const otherVariables = new Set(['COUNTERSIGN_CONFIG']);

/** What the environment sets, and what in it looks like a mistake. */
export interface EnvironmentSettings {
  readonly settings: Settings;
  /** One sentence for each variable that starts with `COUNTERSIGN_` and is no setting. */
  readonly warnings: readonly string[];
}

/**
 * Reads the settings among environment variables. An unknown variable is a warning and not an error: a cluster
 * puts its own (`COUNTERSIGN_SERVICE_HOST`) beside ours when a service has our name.
 *
 * @throws `ERR_CONFIG_INVALID` when a value is not of the setting's type
 */
export function readEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  schema: SettingSchema,
): EnvironmentSettings {
  const known = new Map(listSettings(schema).map((setting) => [setting.variable, setting]));
  const settings: Settings = {};
  const warnings: string[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('COUNTERSIGN_') || text === undefined || otherVariables.has(name)) continue;
    const setting = known.get(name);
    if (setting === undefined) {
      warnings.push(`environment variable ${name} is no setting; the nearest is ${nearest(name, [...known.keys()])}`);
    } else {
      setAt(settings, setting.path, readValue(setting, text));
    }
  }
  return { settings, warnings };
}

function readValue({ variable, schema }: Setting, text: string): unknown {
  switch (schema.type) {
    case 'integer':
      if (/^\d{1,15}$/.test(text)) return Number(text);
      break;
    case 'boolean':
      if (text === 'true' || text === '1') return true;
      if (text === 'false' || text === '0') return false;
      break;
    case 'array':
      return text === '' ? [] : text.split(',');
    case 'object':
      return Object.fromEntries(text === '' ? [] : text.split(',').map(nameAndValue));
    default:
      return text;
  }
  throw new CountersignError('ERR_CONFIG_INVALID', `environment variable ${variable} must be of type ${schema.type}`);
}

/** `name=value`. A name without a value has the empty one, which is for the schema to refuse. */
function nameAndValue(pair: string): readonly [string, string] {
  const at = pair.indexOf('=');
  return at === -1 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
}
