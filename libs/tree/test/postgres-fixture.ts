import { findPostgres, PostgresServer } from './postgres-server.ts';

const servers: PostgresServer[] = [];
let shared: Promise<PostgresServer> | undefined;
afterAll(async () => {
  for (const server of servers) await server.stop();
});

/** `describe` where there is a PostgreSQL server to be started; elsewhere its tests are counted as skipped. */
export const describeWithPostgres = findPostgres() === undefined ? describe.skip : describe;

/** A server that is stopped after the file's tests; the same for all, started with the first use. */
export function sharedServer(): Promise<PostgresServer> {
  shared ??= ownServer();
  return shared;
}

/** A server of one test's own, to be harmed; stopped after the file's tests. */
export async function ownServer(...given: Parameters<typeof PostgresServer.start>): Promise<PostgresServer> {
  const server = await PostgresServer.start(...given);
  servers.push(server);
  return server;
}
