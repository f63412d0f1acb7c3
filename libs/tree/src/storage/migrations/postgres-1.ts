import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables of the first version on PostgreSQL: those of SQLite's second, and what processes share. */
export class Postgres1 implements MigrationInterface {
  readonly name = 'Postgres1767225600001';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('a log is not taken apart');
  }
}

const statements = [
  'CREATE TABLE schema_version (version integer NOT NULL)',
  'INSERT INTO schema_version VALUES (1)',
  `CREATE TABLE shard (
    id bigint PRIMARY KEY,
    kind text NOT NULL,
    tree_id text NOT NULL UNIQUE,
    origin text NOT NULL,
    public_key bytea NOT NULL,
    state text NOT NULL CHECK (state IN ('active', 'frozen')),
    created_at bigint NOT NULL,
    crc bigint NOT NULL
  )`,
  `CREATE TABLE checkpoint (
    shard bigint PRIMARY KEY REFERENCES shard (id),
    size bigint NOT NULL,
    root bytea NOT NULL,
    note text NOT NULL
  )`,
  // id: shard * 2^40 + index.
  `CREATE TABLE leaf (
    id bigint PRIMARY KEY,
    hash bytea NOT NULL,
    integrated_time bigint NOT NULL,
    identity bytea,
    annex bytea,
    data bytea NOT NULL,
    crc bigint NOT NULL
  )`,
  // key: the first 16 bytes of the identity; the leaf's row tells collisions apart.
  `CREATE TABLE identity (
    key bytea NOT NULL,
    leaf bigint NOT NULL,
    PRIMARY KEY (key, leaf)
  )`,
  // id: shard * 2^35 + level * 2^32 + index. Full tiles only.
  `CREATE TABLE tile (
    id bigint PRIMARY KEY,
    nodes bytea NOT NULL
  )`,
  // Hashes cannot be made shorter: the server need not try.
  'ALTER TABLE tile ALTER COLUMN nodes SET STORAGE EXTERNAL',
  // One row. That fence is a key is what fencing stands on: to change it waits for every commit that holds the row
  // FOR KEY SHARE, to change the rest does not.
  `CREATE TABLE lease (
    id integer PRIMARY KEY CHECK (id = 1),
    fence bigint NOT NULL UNIQUE,
    owner text,
    holder uuid,
    backend integer,
    expires timestamptz NOT NULL
  )`,
  "INSERT INTO lease (id, fence, expires) VALUES (1, 0, '-infinity')",
  // Empty after a crash, which is all right: what is in it was promised to nobody.
  `CREATE UNLOGGED TABLE submission (
    id uuid PRIMARY KEY,
    place bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    data bytea NOT NULL,
    identity bytea,
    annex bytea
  )`,
] as const;
