import type { Submission } from '../shared-storage.ts';
import { channel } from './postgres-lease.ts';
import type { PostgresPool } from './postgres-pool.ts';
import { plain } from './row.ts';

interface SubmissionRow {
  readonly id: string;
  readonly data: Buffer;
  readonly identity: Buffer | null;
  readonly annex: Buffer | null;
  readonly attachment: Buffer | null;
}

/** What processes leave for the one that writes: a table that a crash of the server empties. */
export class PostgresSubmissions {
  readonly #pool: PostgresPool;

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  /** See {@link SharedStorage.submit}. */
  async add({ id, data, identity, annex, attachment }: Submission): Promise<void> {
    await this.#pool.change(
      `WITH added AS (
        INSERT INTO submission (id, data, identity, annex, attachment) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING
      ) SELECT pg_notify('${channel}', '')`,
      [id, data, identity, annex, attachment],
    );
  }

  /** See {@link SharedStorage.submissions}. */
  async oldest(count: number, bytes: number): Promise<readonly Submission[]> {
    const rows = await this.#pool.read<SubmissionRow>(
      `SELECT id, data, identity, annex, attachment FROM (
        SELECT *, row_number() OVER places AS nth,
          sum(octet_length(data) + coalesce(octet_length(annex), 0) + coalesce(octet_length(attachment), 0))
            OVER places AS total
        FROM (SELECT * FROM submission ORDER BY place LIMIT $1) AS oldest WINDOW places AS (ORDER BY place)
      ) AS found WHERE total <= $2 OR nth = 1 ORDER BY place`,
      [Math.max(count, 1), bytes],
    );
    return rows.map(({ id, data, identity, annex, attachment }) => ({
      id,
      data: plain(data),
      identity: identity === null ? undefined : plain(identity),
      annex: annex === null ? undefined : plain(annex),
      attachment: attachment === null ? undefined : plain(attachment),
    }));
  }

  /** See {@link SharedStorage.settle}. */
  async remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#pool.change(
      `WITH gone AS (DELETE FROM submission WHERE id = ANY ($1::uuid[])) SELECT pg_notify('${channel}', '')`,
      [ids],
    );
  }
}
