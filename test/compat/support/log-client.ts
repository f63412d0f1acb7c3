import { clientProgram } from './clients.ts';
import { cleanEnvironment, type Finished, run } from './run.ts';

/** A command line that talks to one log: rekor-cli, or ours, which takes the same flags. */
export interface LogClient {
  readonly name: string;
  /** Runs a command to its end, whatever its exit code is. */
  run(...args: string[]): Promise<Finished>;
  /** Runs a command that has to succeed and gives its standard output. */
  text(...args: string[]): Promise<string>;
  /** Runs a command that has to succeed with `--format json` and parses what it printed. */
  // biome-ignore lint/suspicious/noExplicitAny: each command prints a shape of its own, which the expectations check
  json(...args: string[]): Promise<any>;
}

function logClient(name: string, command: readonly [string, ...string[]], url: string, home: string): LogClient {
  const [program, ...before] = command;
  const runClient = (...args: string[]) =>
    run(program, [...before, ...args, '--rekor_server', url], { env: cleanEnvironment(home) });
  const text = async (...args: string[]) => {
    const { code, stdout, stderr } = await runClient(...args);
    if (code !== 0) throw new Error(`${name} ${args.join(' ')}: exit code ${code}\n${stdout}${stderr}`);
    return stdout;
  };
  return {
    name,
    run: runClient,
    text,
    json: async (...args) => JSON.parse(await text(...args, '--format', 'json')),
  };
}

/** The unmodified rekor-cli, whose state file lies in `home`. */
export const rekorCli = (url: string, home: string): LogClient =>
  logClient('rekor-cli', [clientProgram('rekor-cli')], url, home);

/** Our command line, from the built output, whose state file lies in `home`. */
export const countersignCli = (url: string, home: string): LogClient =>
  logClient('countersign', [process.execPath, 'apps/cli/bin/countersign.js'], url, home);
