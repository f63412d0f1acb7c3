import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { leashed } from '../../support/leash.ts';

const PROGRAM = 'apps/cli/bin/countersign.js';

/** How a node is started. */
export interface NodeOptions {
  /** The data folder. */
  readonly data: string;
  /** A port of 127.0.0.1. */
  readonly port: number;
  /** More flags of `countersign up`. */
  readonly flags?: readonly string[];
  /** Variables beside those there are. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A node that ended before it was ready. */
export class StartRefused extends Error {
  constructor(
    readonly exitCode: number,
    readonly output: string,
  ) {
    super(`the node ended with code ${exitCode} before it was ready\n${output}`);
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** A running `countersign up`, from the built output, in a process of its own that ends with this one. */
export class NodeProcess {
  private constructor(
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  /** Starts a node and waits for its ready line. Rejects with StartRefused when it ends before. */
  static start({ data, port, flags = [], env }: NodeOptions): Promise<NodeProcess> {
    const url = `http://127.0.0.1:${port}`;
    const args = [...leashed, PROGRAM, 'up', '--dev', '--data', data, '--port', String(port), ...flags];
    const child = spawn(process.execPath, args, { stdio: 'pipe', env: { ...process.env, ...env } });
    return new Promise((resolve, reject) => {
      let output = '';
      const read = (chunk: string) => {
        output += chunk;
        if (output.includes(`Ready: ${url}`)) resolve(new NodeProcess(url, child));
      };
      child.stdout.setEncoding('utf8').on('data', read);
      child.stderr.setEncoding('utf8').on('data', read);
      child.once('error', reject);
      child.once('close', (code) => reject(new StartRefused(code ?? -1, output)));
    });
  }

  /** The node's process. */
  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** Sends a signal, and waits for nothing. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Ends the node as an operator does and gives its exit code. */
  async stop(): Promise<number> {
    return this.end('SIGTERM');
  }

  /** Ends the node as a power cut does. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  private async end(signal: NodeJS.Signals): Promise<number> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode ?? -1;
    const closed = once(this.child, 'close');
    this.child.kill(signal);
    const [code] = await closed;
    return code ?? -1;
  }
}
