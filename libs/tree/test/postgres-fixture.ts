import { findPostgres, PostgresServer } from './postgres-server.ts';

const servers: PostgresServer[] = [];
afterAll(async () => {
  for (const server of servers) await server.stop();
});

/** `describe` where there is a PostgreSQL server to be started; elsewhere its tests are counted as skipped. */
export const describeWithPostgres = findPostgres() === undefined ? describe.skip : describe;

/** A server that is stopped after the file's tests; the same for all, started with the first use. */
export async function sharedServer(): Promise<PostgresServer> {
  const [server] = servers;
  return server ?? ownServer();
}

/** A server of one test's own, to be harmed; stopped after the file's tests. */
export async function ownServer(...given: Parameters<typeof PostgresServer.start>): Promise<PostgresServer> {
  const server = await PostgresServer.start(...given);
  servers.push(server);
  return server;
}
