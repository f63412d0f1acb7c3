import { loadConfig, type NodeConfig } from '@countersign/node';
import { stringify } from 'yaml';
import type { Io } from '../io.ts';

/**
 * `countersign config check`: reads a configuration as `up` would, environment included, and
 * prints what comes out of it, defaults filled in.
 */
export async function run(_options: unknown, io: Io, { args }: { readonly args: readonly string[] }): Promise<void> {
  const [file] = args;
  const { config, warnings } = await loadConfig({ environment: io.env, ...(file === undefined ? {} : { file }) });
  for (const warning of warnings) io.err(`countersign: warning: ${warning}\n`);
  io.out(`# valid\n${stringify(withoutPassword(config))}`);
}

/** What is printed is passed around. */
function withoutPassword(config: NodeConfig): NodeConfig {
  if (config.database === undefined || !URL.canParse(config.database)) return config;
  const url = new URL(config.database);
  if (url.password !== '') url.password = '***';
  return { ...config, database: url.href };
}
