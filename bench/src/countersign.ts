import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { answers, freePorts, Server } from './child.ts';
import type { Target } from './target.ts';

const PROGRAM = fileURLToPath(new URL('../../apps/cli/bin/countersign.js', import.meta.url));

/** Our node as the bench runs it. */
export interface Countersign extends Target {
  /** From the start of the process to its first ready answer. */
  readonly readyMilliseconds: number;
  /** Processor time since the start, in milliseconds, of all threads. */
  cpuMilliseconds(): number;
  /** Threads that admit entries, as the node said when it was ready. */
  workers(): number;
  /** Which verifier checks signatures: `native`, or the far slower `pure`. */
  verifier(): string | undefined;
}

/** Starts our node on the data in `folder`, its log there, too, or in the PostgreSQL database at `database`. */
export async function startCountersign(folder: string, database?: string, config?: string): Promise<Countersign> {
  const [port] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const started = performance.now();
  const args = [PROGRAM, 'up', '--dev', '--data', `${folder}/data`, '--port', String(port)];
  if (database !== undefined) args.push('--database', database);
  if (config !== undefined) args.push('--config', config);
  const server = Server.start(folder, 'countersign', process.execPath, args);
  try {
    await server.ready(() => answers(`${url}/readyz`));
  } catch (error) {
    await server.stop();
    throw error;
  }
  const readyMilliseconds = performance.now() - started;
  const output = (): string => readFileSync(`${folder}/countersign.log`, 'utf8');
  return {
    name: 'countersign',
    url,
    readyMilliseconds,
    workers: () => Number(/\((\d+) workers?\)/.exec(output())?.[1]),
    // The last one: earlier starts on the same folder wrote into the same file.
    verifier: () => /.*"verifier":"(\w+)"/s.exec(output())?.[1],
    cpuMilliseconds: () => server.cpuMilliseconds(),
    residentMebibytes: () => server.residentMebibytes(),
    stop: () => server.stop(),
  };
}
