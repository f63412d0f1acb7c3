import { fileURLToPath } from 'node:url';
import { runCommand } from './child.ts';
import type { Summary } from './summary.ts';
import type { Target } from './target.ts';

const LOAD = fileURLToPath(new URL('load.js', import.meta.url));

/** One load of the bench: what is asked, by how many clients at once, at most how often. */
export interface Load {
  readonly mode: 'append' | 'get';
  readonly clients: number;
  readonly requests: number;
  /** How many times better than upstream it has to be: by its rate, or by its median. */
  readonly goal?: { readonly by: 'rate' | 'p50'; readonly times: number };
}

/** The loads, in order: reads come last, on what the appends left. */
export const loads: readonly Load[] = [
  { mode: 'append', clients: 1, requests: 20_000, goal: { by: 'p50', times: 50 } },
  { mode: 'append', clients: 16, requests: 60_000, goal: { by: 'rate', times: 25 } },
  { mode: 'append', clients: 128, requests: 80_000, goal: { by: 'rate', times: 12 } },
  { mode: 'get', clients: 16, requests: 100_000, goal: { by: 'rate', times: 7 } },
];

/** Puts one load on a log from a process of its own. Rejects when any answer is not a success. */
export async function measure(target: Target, load: Load, seconds: number): Promise<Summary> {
  const { mode, clients, requests } = load;
  const flags = Object.entries({ url: target.url, seconds, mode, clients, requests }).flatMap(([name, value]) => [
    `--${name}`,
    `${value}`,
  ]);
  const { stdout } = await runCommand(process.execPath, [LOAD, ...flags]);
  const result = JSON.parse(stdout) as Summary & { failed: number; firstFailure?: string };
  if (result.failed > 0)
    throw new Error(`${target.name}: ${result.failed} requests failed, first ${result.firstFailure}`);
  return result;
}
