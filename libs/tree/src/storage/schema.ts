import { CountersignError } from '@countersign/errors';
import Database from 'better-sqlite3';
import { runMigrations } from './run-migrations.ts';

/** The newest version of the schema: the number of migrations. SQLite keeps it as `user_version`. */
export const schemaVersion = 3;

/**
 * Makes or updates the tables, before any other connection is open. TypeORM is loaded only when there is
 * something to do. Throws `ERR_STORAGE` on a database of a newer version.
 */
export async function migrate(path: string): Promise<void> {
  if (readVersion(path) === schemaVersion) return;
  const [{ Tree1 }, { Tree2 }, { Tree3 }] = await Promise.all([
    import('./migrations/tree-1.ts'),
    import('./migrations/tree-2.ts'),
    import('./migrations/tree-3.ts'),
  ]);
  await runMigrations({ type: 'better-sqlite3', database: path, migrations: [Tree1, Tree2, Tree3] });
}

function readVersion(path: string): number {
  const database = new Database(path);
  try {
    return versionOf(database);
  } finally {
    database.close();
  }
}

/** The version of an open database's tables; 0 when there are none. Throws `ERR_STORAGE` when it is newer than we are. */
export function versionOf(database: Database.Database): number {
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version <= schemaVersion) return version;
  throw new CountersignError(
    'ERR_STORAGE',
    `${database.name} was written by a newer version of Countersign (schema ${version}, this one knows ${schemaVersion})`,
  );
}
