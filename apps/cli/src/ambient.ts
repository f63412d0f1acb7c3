import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, InvalidArgumentError, type Option } from 'commander';
import { parse } from 'yaml';
import type { Io } from './io.ts';
import { usage } from './usage.ts';

/** `REKOR_ARTIFACT_HASH` for `--artifact-hash`: rekor-cli's way. */
function environmentName(option: Option): string {
  return `REKOR_${longName(option).replaceAll('-', '_').toUpperCase()}`;
}

function longName(option: Option): string {
  return (option.long ?? '').replace(/^--/, '');
}

/**
 * Completes a log command's options: flag after the command, flag before it, environment
 * (`REKOR_…`), configuration file, default; the first that says something counts.
 *
 * @throws `ERR_CONFIG_INVALID` naming the variable or the file's key with a wrong value
 */
export function applyAmbient(
  command: Command,
  program: Command,
  env: Io['env'],
  config: Readonly<Record<string, unknown>>,
): void {
  for (const option of command.options) {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) === 'cli') continue;
    if (program.getOptionValueSource(name) === 'cli') {
      command.setOptionValueWithSource(name, program.getOptionValue(name), 'cli');
      continue;
    }
    const variable = environmentName(option);
    const value = env[variable];
    if (value !== undefined && value !== '') {
      command.setOptionValueWithSource(name, parseValue(option, value, variable), 'env');
      continue;
    }
    const key = longName(option);
    const configured = config[key];
    if (configured !== undefined && configured !== null) {
      const where = `${key} in the configuration file`;
      if (typeof configured === 'object') throw usage(`wrong value for ${where}: It must be a single value.`);
      const parsed = parseValue(option, String(configured), where);
      command.setOptionValueWithSource(name, parsed, 'config');
    }
  }
}

function parseValue(option: Option, text: string, where: string): unknown {
  try {
    return option.parseArg === undefined
      ? text
      : (option.parseArg as (text: string, before: unknown) => unknown)(text, undefined);
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw usage(`wrong value for ${where}: ${error.message}`);
    throw error;
  }
}

/** Reads `--config`, else `REKOR_CONFIG`, else `~/.rekor.yaml` when there is one. Throws `ERR_CONFIG_INVALID`. */
export async function readConfig(
  command: Command,
  program: Command,
  { env, home }: Io,
): Promise<Readonly<Record<string, unknown>>> {
  const named: unknown = command.getOptionValue('config') ?? program.getOptionValue('config') ?? env.REKOR_CONFIG;
  const path = typeof named === 'string' && named !== '' ? named : join(home, '.rekor.yaml');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const missing = typeof error === 'object' && error !== null && Reflect.get(error, 'code') === 'ENOENT';
    if (missing && path !== named) return {};
    throw usage(`cannot read the configuration file ${path}${missing ? ': there is no such file' : ''}`);
  }
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    throw usage(`the configuration file ${path} is no YAML: ${error instanceof Error ? error.message : ''}`);
  }
  if (value === null || value === undefined) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw usage(`the configuration file ${path} holds no options`);
  return value as Record<string, unknown>;
}
