import { indexOfLeaf, type LeafId, leafId } from '../leaf-id.ts';
import type { ShardIndex } from '../shard.ts';
import { postgresLimits } from './postgres-connection.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { identityKey } from './row.ts';

interface Wanted {
  readonly shard: number;
  readonly identity: Uint8Array;
  readonly resolve: (index: ShardIndex | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Looks leaves up by identity, many with one statement: what is asked for while one is under way goes together into the
 * next. Every append asks, and a statement each would cost more than the commits.
 */
export class PostgresFinder {
  readonly #pool: PostgresPool;
  readonly #waiting: Wanted[] = [];
  #running = false;

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  /** See {@link TreeReader.find}. */
  find(shard: number, identity: Uint8Array): Promise<ShardIndex | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ shard, identity, resolve, reject });
      if (!this.#running) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, postgresLimits.findBatch);
      try {
        const found = await this.#leavesOf(batch);
        for (const [place, { resolve }] of batch.entries()) resolve(found.get(place + 1));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#running = false;
  }

  /** By place in the batch, from 1. */
  async #leavesOf(batch: readonly Wanted[]): Promise<ReadonlyMap<number, ShardIndex>> {
    const rows = await this.#pool.read<{ nth: number; leaf: LeafId }>(
      `SELECT nth, leaf FROM
        unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[]) WITH ORDINALITY AS wanted (key, whole, low, high, nth),
        LATERAL (
          SELECT leaf FROM identity JOIN leaf AS row ON row.id = leaf
          WHERE identity.key = wanted.key AND leaf >= low AND leaf < high AND coalesce(row.identity, row.hash) = whole
          ORDER BY leaf LIMIT 1
        ) AS found`,
      [
        batch.map(({ identity }) => identityKey(identity)),
        batch.map(({ identity }) => identity),
        batch.map(({ shard }) => leafId(shard, 0)),
        batch.map(({ shard }) => leafId(shard + 1, 0)),
      ],
    );
    return new Map(rows.map(({ nth, leaf }) => [nth, indexOfLeaf(leaf)]));
  }
}
