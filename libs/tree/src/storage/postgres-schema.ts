import { CountersignError } from '@countersign/errors';
import type pg from 'pg';
import { connectionOptions, PostgresConnection, postgresLimits } from './postgres-connection.ts';
import { runMigrations } from './run-migrations.ts';

/** The newest version of the tables on PostgreSQL: the number of migrations. */
export const postgresVersion = 2;

/** The first version of the server that has all we use (`gen_random_uuid`). */
const oldestServer = 13;

/** The key of the lock that a process holds while it makes or updates the tables. */
const migrationLock = 4_120_771_233;

/**
 * Makes or updates the tables in the connection's default schema. Of several processes that start at once one does it,
 * and the others wait. TypeORM is loaded only when there is something to do.
 *
 * Throws `ERR_STORAGE`, also on tables of a newer version.
 */
export async function migratePostgres(url: string): Promise<void> {
  const { migrationMs } = postgresLimits;
  const patient = { lock_timeout: migrationMs, statement_timeout: migrationMs, query_timeout: migrationMs };
  const connection = new PostgresConnection({ ...connectionOptions(url), ...patient });
  try {
    await connection.run(async (client) => {
      await checkServer(client);
      if ((await versionIn(client)) === postgresVersion) return;
      await client.query('SELECT pg_advisory_lock($1)', [migrationLock]);
      // Closing the connection frees the lock, whatever happens.
      if ((await versionIn(client)) !== postgresVersion) {
        const [{ Postgres1 }, { Postgres2 }] = await Promise.all([
          import('./migrations/postgres-1.ts'),
          import('./migrations/postgres-2.ts'),
        ]);
        await runMigrations({ type: 'postgres', url, migrations: [Postgres1, Postgres2] });
      }
    });
  } finally {
    await connection.close();
  }
}

/** Throws `ERR_STORAGE` unless the tables are there and of the version we know. */
export async function expectTables(client: pg.ClientBase): Promise<void> {
  await checkServer(client);
  const version = await versionIn(client);
  if (version === postgresVersion) return;
  throw new CountersignError('ERR_STORAGE', `the database has tables of version ${version}, not ${postgresVersion}`);
}

async function versionIn(client: pg.ClientBase): Promise<number> {
  const there = await client.query("SELECT to_regclass('schema_version') IS NOT NULL AS there");
  if (!there.rows[0]?.there) return 0;
  const version = Number((await client.query('SELECT version FROM schema_version')).rows[0]?.version);
  if (version <= postgresVersion) return version;
  throw new CountersignError(
    'ERR_STORAGE',
    `the database was written by a newer version of Countersign (tables ${version}, this one knows ${postgresVersion})`,
  );
}

async function checkServer(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ version: string }>("SELECT current_setting('server_version_num') AS version");
  const version = Math.floor(Number(rows[0]?.version) / 10_000);
  if (version >= oldestServer) return;
  throw new CountersignError('ERR_STORAGE', `the server is PostgreSQL ${version}; ${oldestServer} is needed`);
}
