import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import { answers, freePorts, runCommand, Server } from './child.ts';
import type { Target } from './target.ts';

interface Pinned {
  readonly name: string;
  readonly version: string;
}

const pinned: { readonly upstream: readonly Pinned[]; readonly schema: Pinned } = JSON.parse(
  readFileSync(new URL('../../scripts/clients.json', import.meta.url), 'utf8'),
);
const clients = process.env.COUNTERSIGN_CLIENTS ?? join(homedir(), '.cache', 'countersign', 'clients');
const placeOf = ({ name, version }: Pinned): string => join(clients, `${name}@${version}`, name);

/** What is not installed of what upstream needs: the pinned programs and Debian's MariaDB. */
export function missingForUpstream(): string[] {
  const files = [...pinned.upstream, pinned.schema].filter((item) => !existsSync(placeOf(item)));
  const programs = ['mariadbd', 'mariadb', 'mariadb-install-db'].filter((name) => spawnSync(name, ['--version']).error);
  return [...files.map(({ name }) => name), ...programs];
}

function program(name: string): string {
  const item = pinned.upstream.find((candidate) => candidate.name === name);
  if (item === undefined) throw new Error(`scripts/clients.json does not name ${name}`);
  return placeOf(item);
}

/** A fresh MariaDB with Trillian's tables, for this user alone. */
async function startDatabase(folder: string, port: number): Promise<Server> {
  const data = join(folder, 'mariadb');
  const socket = join(folder, 'mariadb.sock');
  const user = `--user=${userInfo().username}`;
  await mkdir(data);
  await runCommand('mariadb-install-db', [user, `--datadir=${data}`, '--auth-root-authentication-method=normal']);
  const network = ['--bind-address=127.0.0.1', `--port=${port}`, `--socket=${socket}`];
  const server = Server.start(folder, 'mariadb', 'mariadbd', ['--no-defaults', user, `--datadir=${data}`, ...network]);
  const sql = (statements: string, ...database: string[]) =>
    runCommand('mariadb', ['--no-defaults', '-u', 'root', `--socket=${socket}`, ...database, '-e', statements]);
  try {
    await server.ready(() => sql('SELECT 1'));
    await sql(
      "CREATE DATABASE rekor; CREATE USER rekor@'127.0.0.1' IDENTIFIED BY 'rekor'; GRANT ALL ON rekor.* TO rekor@'127.0.0.1';",
    );
    await sql(`SOURCE ${placeOf(pinned.schema)}`, 'rekor');
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

/**
 * Upstream's log: rekor-server over Trillian's log server and signer over MariaDB, all empty, all on 127.0.0.1.
 *
 * @param signer the PEM file of the key that it signs with; one that nobody else has when left out
 */
export async function startUpstream(folder: string, signer = 'memory'): Promise<Target> {
  const [port, database, logRpc, logHttp, signerRpc, signerHttp] = await freePorts(6);
  const dsn = `rekor:rekor@tcp(127.0.0.1:${database})/rekor?parseTime=true&interpolateParams=true`;
  const url = `http://127.0.0.1:${port}`;
  const servers: Server[] = [];
  const stop = async () => {
    for (const server of servers.reverse()) await server.stop();
  };
  const start = (name: string, ...args: string[]) => {
    const server = Server.start(folder, name, program(name), args);
    servers.push(server);
    return server;
  };
  const trillian = (name: string, rpc: number | undefined, http: number | undefined, ...more: string[]) => {
    const storage = ['--quota_system=noop', '--storage_system=mysql', `--mysql_uri=${dsn}`];
    return start(name, ...storage, `--rpc_endpoint=127.0.0.1:${rpc}`, `--http_endpoint=127.0.0.1:${http}`, ...more);
  };
  try {
    servers.push(await startDatabase(folder, database ?? 0));
    const log = trillian('trillian_log_server', logRpc, logHttp);
    trillian('trillian_log_signer', signerRpc, signerHttp, '--force_master');
    await log.ready(() => answers(`http://127.0.0.1:${logHttp}/healthz`));
    const rekor = start(
      'rekor-server',
      ...['serve', '--rekor_server.address=127.0.0.1', `--port=${port}`, `--rekor_server.signer=${signer}`],
      ...['--trillian_log_server.address=127.0.0.1', `--trillian_log_server.port=${logRpc}`, '--log_type=prod'],
      ...['--search_index.storage_provider=mysql', `--search_index.mysql.dsn=${dsn}`],
    );
    await rekor.ready(() => answers(`${url}/api/v1/log`));
  } catch (error) {
    await stop();
    throw error;
  }
  const residentMebibytes = () => servers.reduce((sum, server) => sum + server.residentMebibytes(), 0);
  return { name: 'upstream', url, residentMebibytes, stop };
}
