import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const script = join(import.meta.dirname, 'run-node.js');

/** Settings of a node, in the shape of the configuration file. */
export type Settings = Readonly<Record<string, unknown>>;

interface Ready {
  readonly url: string;
  readonly publicUrl: string;
  readonly created: readonly string[];
}

/** The built node in a process of its own. */
export class NodeProcess {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown[]>;
  readonly #output: string[];
  /** Where it listens. */
  readonly url: string;
  readonly created: readonly string[];

  private constructor(child: ChildProcess, output: string[], { url, created }: Ready) {
    this.#child = child;
    this.#output = output;
    // Not `exit`: what it said last is read by then.
    this.#exited = once(child, 'close');
    this.url = url;
    this.created = created;
  }

  /** Starts a node on a free port of 127.0.0.1; rejects with an error that has the node's `code` when it does not start. */
  static async start(settings: Settings, file?: string): Promise<NodeProcess> {
    const all = { port: 0, dev: true, ...settings };
    const child = fork(script, [JSON.stringify(all), ...(file === undefined ? [] : [file])], {
      silent: true,
      execArgv: [],
    });
    const output: string[] = [];
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    const [message] = await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(([code]) => [{ message: `exited with ${code}: ${output.join('')}` }]),
    ]);
    if ('url' in message) return new NodeProcess(child, output, message);
    throw Object.assign(new Error(message.message), { code: message.code });
  }

  /** What it has logged, one object a line. */
  get log(): readonly Record<string, unknown>[] {
    const lines = this.#output.join('').split('\n');
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** Resolves once it has logged a line that `holds`: its output comes another way than its answers, and may come later. */
  async logged(holds: (line: Record<string, unknown>) => boolean): Promise<void> {
    const { stdout } = this.#child;
    while (stdout !== null && !this.log.some(holds)) await once(stdout, 'data');
  }

  /** Ends it at once, as the loss of its process would. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exited;
  }

  /** Asks it to stop, and resolves with its exit code. */
  async stop(): Promise<unknown> {
    this.#child.kill('SIGTERM');
    const [code] = await this.#exited;
    return code;
  }
}

/** A folder that is gone after the suite. */
export function temporaryFolder(): { readonly path: () => string } {
  let path = '';
  beforeAll(async () => {
    path = await mkdtemp(join(tmpdir(), 'countersign-e2e-'));
  });
  afterAll(() => rm(path, { recursive: true, force: true }));
  return { path: () => path };
}
