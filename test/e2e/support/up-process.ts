import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const program = new URL('../../../apps/cli/bin/countersign.js', import.meta.url).pathname;

/** A line of the node's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** `countersign up --dev` of the built program on a free port, in a process of its own. */
export class UpProcess {
  readonly #child: ChildProcess;
  readonly #lines: LogLine[] = [];
  /** Where it listens. */
  url = '';

  private constructor(args: readonly string[]) {
    this.#child = spawn(process.execPath, [program, 'up', '--dev', '--port', '0', ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let rest = '';
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      this.#lines.push(...lines.map((line) => JSON.parse(line) as LogLine));
    });
  }

  /** Resolves once it is ready. */
  static async start(...args: readonly string[]): Promise<UpProcess> {
    const up = new UpProcess(args);
    up.url = String((await up.logged('ready')).url);
    return up;
  }

  /** The lines of its log with that message, requests apart. */
  lines(message: string): readonly LogLine[] {
    return this.#lines.filter(({ msg }) => msg === message);
  }

  /** Resolves with the line of its log with that message, once there are `count`. Rejects when it ended before. */
  async logged(message: string, count = 1): Promise<LogLine> {
    const ended = once(this.#child, 'close').then(([code]) => {
      throw new Error(`it ended with ${code}: ${JSON.stringify(this.#lines.slice(-3))}`);
    });
    ended.catch(() => undefined);
    for (;;) {
      const line = this.lines(message)[count - 1];
      if (line !== undefined) return line;
      if (this.#child.stdout !== null) await Promise.race([once(this.#child.stdout, 'data'), ended]);
    }
  }

  /** Has it read its configuration again. */
  hangUp(): void {
    this.#child.kill('SIGHUP');
  }

  /** Asks it to stop, and resolves with its exit code. */
  async stop(): Promise<unknown> {
    if (this.#child.exitCode !== null) return this.#child.exitCode;
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    const [code] = await closed;
    return code;
  }
}
