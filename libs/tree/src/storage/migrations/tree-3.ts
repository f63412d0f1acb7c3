import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Attachments of leaves. */
export class Tree3 implements MigrationInterface {
  readonly name = 'Tree1767225600003';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of attachments) await runner.query(statement);
    await runner.query('PRAGMA user_version = 3');
  }

  async down(): Promise<void> {
    throw new Error('a log is not taken apart');
  }
}

/** The statements of the third version. */
export const attachments = [
  // id: as a leaf's. A table of its own: whoever reads leaves does not read these. crc: over place and bytes.
  `CREATE TABLE attachment (
    id INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL,
    crc INTEGER NOT NULL
  )`,
] as const;
