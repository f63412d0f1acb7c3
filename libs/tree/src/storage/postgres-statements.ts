import { channel } from './postgres-lease.ts';

/** What each statement that writes tells: whether the lease was held, and whether anything was stored. */
export interface Written {
  readonly held: number;
  readonly stored: number;
  /** Of a commit: the shard and its size as they were before; null where there is none. */
  readonly state?: string | null;
  readonly size?: number | null;
}

/**
 * Each of these is one statement and so one transaction, which the server ends by itself: no process that stops can leave
 * one open. Each begins with the lease's row, by its fence ($1) and holder ($2), and everything else follows from what
 * that gave. `FOR KEY SHARE` keeps the fence as it is until the transaction has ended, and lets the lease be renewed.
 */
const writer = 'WITH writer AS (SELECT 1 FROM lease WHERE fence = $1 AND holder = $2 FOR KEY SHARE)';

const told = `(SELECT count(*) FROM writer) AS held, (SELECT count(*) FROM stored) AS stored, pg_notify('${channel}', '')`;

const shardColumns = 'id, kind, tree_id, origin, public_key, state, created_at, crc';

/** $3 to $10: the columns of a shard. */
export const createShard = `${writer}, stored AS (
    INSERT INTO shard (${shardColumns})
    SELECT $3::bigint, $4::text, $5::text, $6::text, $7::bytea, $8::text, $9::bigint, $10::bigint FROM writer RETURNING 1
  )
  SELECT ${told}`;

/** $3: the shard; $4 to $11: the columns of the one that follows, all null for none. */
export const freezeShard = `${writer}, stored AS (
    UPDATE shard SET state = 'frozen' FROM writer WHERE id = $3 RETURNING 1
  ), successor AS (
    INSERT INTO shard (${shardColumns})
    SELECT $4::bigint, $5::text, $6::text, $7::text, $8::bytea, $9::text, $10::bigint, $11::bigint FROM stored
    WHERE $4::bigint IS NOT NULL
  )
  SELECT ${told}`;

/**
 * $3: the shard; $4: its size before; $5 to $7: size, root and note after; $8 to $14: the leaves by column; $15 and $16:
 * the tiles by column; $17 to $19: the attachments by column.
 */
export const commit = `${writer}, stored AS (
    INSERT INTO checkpoint (shard, size, root, note)
    SELECT shard.id, $5::bigint, $6::bytea, $7::text FROM writer, shard
    WHERE shard.id = $3 AND shard.state = 'active' AND ($4 = 0 OR EXISTS (SELECT 1 FROM checkpoint WHERE shard = $3))
    ON CONFLICT (shard) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note
      WHERE checkpoint.size = $4::bigint
    RETURNING 1
  ), leaves AS (
    INSERT INTO leaf (id, hash, integrated_time, identity, annex, data, crc)
    SELECT added.* FROM stored,
      unnest($8::bigint[], $9::bytea[], $10::bigint[], $11::bytea[], $12::bytea[], $13::bytea[], $14::bigint[]) AS added
    RETURNING id, coalesce(identity, hash) AS identity
  ), identities AS (
    INSERT INTO identity (key, leaf) SELECT substring(identity FOR 16), id FROM leaves
  ), tiles AS (
    INSERT INTO tile (id, nodes) SELECT added.* FROM stored, unnest($15::bigint[], $16::bytea[]) AS added
  ), attachments AS (
    INSERT INTO attachment (id, bytes, crc)
    SELECT added.* FROM stored, unnest($17::bigint[], $18::bytea[], $19::bigint[]) AS added
  )
  SELECT ${told}, (SELECT state FROM shard WHERE id = $3) AS state,
    (SELECT size FROM checkpoint WHERE shard = $3) AS size`;
