import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Checksums over what the trees do not cover. */
export class Tree2 implements MigrationInterface {
  readonly name = 'Tree1767225600002';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of checksums) await runner.query(statement);
    await runner.query('PRAGMA user_version = 2');
  }

  async down(): Promise<void> {
    throw new Error('a log is not taken apart');
  }
}

/** The statements of the second version. Rows that were written before it have no checksum. */
export const checksums = [
  // Over place, time, identity and annex.
  'ALTER TABLE leaf ADD COLUMN crc INTEGER',
  // Over everything but the state, which changes.
  'ALTER TABLE shard ADD COLUMN crc INTEGER',
] as const;
