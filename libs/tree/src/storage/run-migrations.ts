import type { DataSourceOptions } from 'typeorm';

/** Brings the tables of a database up to date, in one transaction. TypeORM is loaded with the first call. */
export async function runMigrations(database: DataSourceOptions): Promise<void> {
  const { DataSource } = await import('typeorm');
  const source = new DataSource({
    ...database,
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
