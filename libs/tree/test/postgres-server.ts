import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, chownSync, constants, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';

const run = promisify(execFile);

/** Memory where there is some: the server syncs all the same, and need not wait for a disk. */
const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Who the server runs as where we are root, which it refuses: any other user will do. */
export const serverUser = 65_534;
const user = process.getuid?.() === 0 ? { uid: serverUser, gid: serverUser } : {};

/**
 * Starts the server, and ends it when the standard input ends: with `stop`, or with the process that started it, however
 * that ends. The folder goes with it, unless it is to be started again.
 */
const keeper = `
# What ends all of a test run at once does not end this before it has cleared up.
trap '' HUP INT TERM
folder=$1; shift
"$@" </dev/null & server=$!
read -r after
kill -INT "$server" 2>/dev/null
wait "$server"
[ "$after" = keep ] || rm -rf "$folder"
`;

/** The folder of the server's binaries: the newest there is; undefined where there are none. */
export function findPostgres(): string | undefined {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...versions.map((version) => join(debian, version, 'bin')),
  ];
  return folders.find((folder) => ['postgres', 'initdb'].every((name) => isExecutable(join(folder, name))));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Tries until it goes well. */
async function until(attempt: () => Promise<unknown>): Promise<void> {
  const end = performance.now() + 30_000;
  for (;;) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (performance.now() > end) throw error;
      await after(20);
    }
  }
}

/** A PostgreSQL server of a test's own, on 127.0.0.1, with an empty folder. */
export class PostgresServer {
  readonly port: number;
  /** Where its data is. */
  readonly folder: string;
  readonly #bin: string;
  #keeper: ChildProcess | undefined;
  #databases = 0;

  private constructor(bin: string, folder: string, port: number) {
    this.#bin = bin;
    this.folder = folder;
    this.port = port;
  }

  /** Makes and starts one; its data is in a new folder of `within`. To be asked for only where {@link findPostgres} finds it. */
  static async start(settings: readonly string[] = [], within = parent): Promise<PostgresServer> {
    const bin = findPostgres();
    if (bin === undefined) throw new Error('there is no PostgreSQL here');
    const folder = mkdtempSync(join(within, 'countersign-postgres-'));
    if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
    const server = new PostgresServer(bin, folder, await freePort());
    try {
      const options = [
        '-D',
        join(folder, 'data'),
        '-U',
        'test',
        '-A',
        'trust',
        '-E',
        'UTF8',
        '--locale=C',
        '--no-sync',
        '--wal-segsize=1',
      ];
      await run(join(bin, 'initdb'), options, { cwd: folder, ...user });
      await server.restart(settings);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
    return server;
  }

  /** The address of a database, over `port` where that is given. */
  url(database: string, port = this.port): string {
    return `postgresql://test@127.0.0.1:${port}/${database}`;
  }

  /** Makes an empty database, and gives its name. */
  async createDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `log_${this.#databases}`;
    await this.query('postgres', `CREATE DATABASE ${name}`);
    return name;
  }

  /** Runs one statement on a connection of its own. */
  async query(database: string, text: string, values: readonly unknown[] = []): Promise<pg.QueryResult> {
    const client = new pg.Client({ connectionString: this.url(database) });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await client.query(text, [...values]);
    } finally {
      await client.end();
    }
  }

  /** The server's own process. */
  get pid(): number {
    return Number(readFileSync(join(this.folder, 'data', 'postmaster.pid'), 'utf8').split('\n', 1)[0]);
  }

  /** Starts it, when it is stopped or was killed, and resolves when it answers. */
  async restart(settings: readonly string[] = []): Promise<void> {
    const words = { listen_addresses: '127.0.0.1', unix_socket_directories: '', max_connections: '200' };
    const options = Object.entries(words).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const command = [join(this.#bin, 'postgres'), '-D', join(this.folder, 'data'), '-p', `${this.port}`, ...options];
    const args = ['-c', keeper, 'keeper', this.folder, ...command, ...settings.flatMap((one) => ['-c', one])];
    await this.#end('keep');
    this.#keeper = spawn('/bin/sh', args, { cwd: this.folder, stdio: ['pipe', 'ignore', 'ignore'], ...user });
    await until(() => this.query('postgres', 'SELECT 1'));
  }

  /** Kills the server as a loss of power would, but for what the system holds of its files. */
  async kill(): Promise<void> {
    const { pid } = this;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
    process.kill(pid, 'SIGKILL');
    await this.#end('keep');
    // They end by themselves, and until then it does not start.
    await until(async () => {
      if (children.some((child) => existsSync(`/proc/${child}`))) throw new Error('some are there');
    });
  }

  /** Stops the server and removes its data. */
  async stop(): Promise<void> {
    await this.#end('remove');
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #end(what: 'keep' | 'remove'): Promise<void> {
    const keeping = this.#keeper;
    this.#keeper = undefined;
    if (keeping === undefined) return;
    const exited = once(keeping, 'exit');
    keeping.stdin?.on('error', () => undefined);
    keeping.stdin?.end(`${what}\n`);
    if (keeping.exitCode === null) await exited;
  }
}
