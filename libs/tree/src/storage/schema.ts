import { CountersignError } from '@countersign/errors';
import Database from 'better-sqlite3';

/** The newest version of the schema: the number of migrations. SQLite keeps it as `user_version`. */
export const schemaVersion = 1;

/**
 * Makes or updates the tables, before any other connection is open. TypeORM is loaded only when there is
 * something to do. Throws `ERR_STORAGE` on a database of a newer version.
 */
export async function migrate(path: string): Promise<void> {
  const version = readVersion(path);
  if (version === schemaVersion) return;
  if (version > schemaVersion) {
    throw new CountersignError(
      'ERR_STORAGE',
      `${path} was written by a newer version of Countersign (schema ${version}, this one knows ${schemaVersion})`,
    );
  }
  const [{ DataSource }, { Tree1 }] = await Promise.all([import('typeorm'), import('./migrations/tree-1.ts')]);
  const source = new DataSource({
    type: 'better-sqlite3',
    database: path,
    migrations: [Tree1],
    migrationsTransactionMode: 'all',
    // What fails is thrown. The usual logger would write it to standard output, too, between the node's own lines.
    logger: 'debug',
  });
  await source.initialize();
  try {
    await source.runMigrations();
  } finally {
    await source.destroy();
  }
}

function readVersion(path: string): number {
  const database = new Database(path);
  try {
    return Number(database.pragma('user_version', { simple: true }));
  } finally {
    database.close();
  }
}
