import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Runs a command to its end; rejects with what it printed when it fails. */
export const runCommand = promisify(execFile);

/** How long a server may take until it answers. */
const READY_MILLISECONDS = 60_000;

/** A server under measurement, in a process of its own; its output goes to a file in `folder`. */
export class Server {
  private constructor(
    readonly name: string,
    private readonly child: ChildProcess,
  ) {}

  static start(folder: string, name: string, program: string, args: readonly string[]): Server {
    const log = openSync(join(folder, `${name}.log`), 'a');
    return new Server(name, spawn(program, args, { stdio: ['ignore', log, log] }));
  }

  /** Asks `probe` until it succeeds; rejects when the server ends before or takes too long. */
  async ready(probe: () => Promise<unknown>): Promise<void> {
    const deadline = performance.now() + READY_MILLISECONDS;
    for (;;) {
      try {
        await probe();
        return;
      } catch (error) {
        if (this.child.exitCode !== null) throw new Error(`${this.name} ended with code ${this.child.exitCode}`);
        if (performance.now() > deadline) throw new Error(`${this.name} did not get ready`, { cause: error });
      }
      await delay(10);
    }
  }

  /** Resident memory in MiB, as Linux counts it. */
  residentMebibytes(): number {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  }

  /** Processor time it has taken since it was started, in milliseconds, as Linux counts it: in hundredths of a second. */
  cpuMilliseconds(): number {
    const stat = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8');
    // The fields after the program's name, which may hold anything: user and system time are the 14th and 15th of all.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  }

  /** Ends this process and waits for it. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const closed = once(this.child, 'close');
    this.child.kill('SIGTERM');
    await closed;
  }
}

/** Succeeds once `url` answers 200. */
export async function answers(url: string): Promise<void> {
  const response = await fetch(url);
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`${url} answers ${response.status}`);
}

/** Ports of 127.0.0.1 that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
