import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables of the first version. */
export class Tree1 implements MigrationInterface {
  readonly name = 'Tree1767225600001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement);
    await runner.query('PRAGMA user_version = 1');
  }

  async down(): Promise<void> {
    throw new Error('a log is not taken apart');
  }
}

/** The statements of the first version. */
export const tables = [
  `CREATE TABLE shard (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    tree_id TEXT NOT NULL UNIQUE,
    origin TEXT NOT NULL,
    public_key BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'frozen')),
    created_at INTEGER NOT NULL
  )`,
  `CREATE TABLE checkpoint (
    shard INTEGER PRIMARY KEY REFERENCES shard (id),
    size INTEGER NOT NULL,
    root BLOB NOT NULL,
    note TEXT NOT NULL
  )`,
  // id: shard * 2^40 + index. Rows are only ever added at a shard's end, which keeps the B-tree dense.
  `CREATE TABLE leaf (
    id INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,
    integrated_time INTEGER NOT NULL,
    identity BLOB,
    annex BLOB,
    data BLOB NOT NULL
  )`,
  // key: the first 16 bytes of the identity. Half the size of the whole, and the leaf's row tells collisions apart.
  `CREATE TABLE identity (
    key BLOB NOT NULL,
    leaf INTEGER NOT NULL,
    PRIMARY KEY (key, leaf)
  ) WITHOUT ROWID`,
  // id: shard * 2^35 + level * 2^32 + index. Full tiles only.
  `CREATE TABLE tile (
    id INTEGER PRIMARY KEY,
    nodes BLOB NOT NULL
  )`,
] as const;
