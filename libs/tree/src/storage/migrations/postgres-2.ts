import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Attachments of leaves, and of leaves that wait: SQLite's third version. */
export class Postgres2 implements MigrationInterface {
  readonly name = 'Postgres1767225600002';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('a log is not taken apart');
  }
}

const statements = [
  `CREATE TABLE attachment (
    id bigint PRIMARY KEY,
    bytes bytea NOT NULL,
    crc bigint NOT NULL
  )`,
  'ALTER TABLE submission ADD COLUMN attachment bytea',
  'UPDATE schema_version SET version = 2',
] as const;
