import { CountersignError } from '@countersign/errors';
import pg from 'pg';
import { type Lease, leaseLimits } from '../shared-storage.ts';
import { connectionOptions, PostgresConnection, postgresLimits } from './postgres-connection.ts';
import type { PostgresPool } from './postgres-pool.ts';

/** The channel on which processes tell each other that something has changed. */
export const channel = 'countersign';

/** What a write is made under: both must be in the lease's row, which the write keeps as it is until it is committed. */
export interface Hold {
  /** Random, of one taking of the lease: whatever a server that was set back may forget, it is not given twice. */
  readonly holder: string;
  readonly fence: number;
}

const expiry = `clock_timestamp() + interval '${leaseLimits.ttlMs} milliseconds'`;
const mayTake = '(owner IS NULL OR owner = $1 OR expires < clock_timestamp())';

/** The owner of a lease that has not run out. */
export async function leaderOf(pool: PostgresPool): Promise<string | undefined> {
  const rows = await pool.read<{ owner: string }>(
    'SELECT owner FROM lease WHERE owner IS NOT NULL AND expires >= clock_timestamp()',
  );
  return rows[0]?.owner;
}

/**
 * The lease of one process, on the connection that writes.
 *
 * Every connection that writes has a fence of its own. Of a commit whose connection was lost nobody knows where it is: it
 * may still wait in the server's socket. The next connection therefore raises the fence before it is used, which waits for
 * a commit that has begun and refuses one that has not. Then what is stored is final.
 */
export class PostgresLease {
  readonly #control: PostgresConnection;
  #hold: Hold | undefined;

  constructor(url: string) {
    // Apart from the writer: a lease is renewed while a commit takes long.
    this.#control = new PostgresConnection({
      ...connectionOptions(url),
      connectionTimeoutMillis: postgresLimits.leaseAnswerMs,
      query_timeout: postgresLimits.leaseAnswerMs,
    });
  }

  /** What writes are made under. Throws `ERR_LEASE_LOST` where there is nothing. */
  get hold(): Hold {
    if (this.#hold !== undefined) return this.#hold;
    throw new CountersignError('ERR_LEASE_LOST', 'this process does not hold the lease of the log');
  }

  /** To be called with every new connection that writes, before it does. */
  async adopt(writer: pg.ClientBase): Promise<void> {
    const held = this.#hold;
    if (held === undefined) return;
    const taken = await patiently(writer, 'holder = $1', [held.holder], () =>
      writer.query<Hold>(
        'UPDATE lease SET fence = fence + 1, backend = pg_backend_pid() WHERE holder = $1 RETURNING holder, fence',
        [held.holder],
      ),
    );
    this.#hold = taken.rows[0];
  }

  /** Takes the lease, as {@link SharedStorage.takeLease} says. */
  async take(writer: pg.ClientBase, owner: string): Promise<Lease | undefined> {
    const text =
      'UPDATE lease SET fence = fence + 1, owner = $1, holder = gen_random_uuid(), backend = pg_backend_pid(), ' +
      `expires = ${expiry} WHERE ${mayTake} RETURNING holder, fence, pg_notify('${channel}', '')`;
    const query = { text, values: [owner], query_timeout: postgresLimits.leaseAnswerMs };
    let hold: Hold | undefined;
    try {
      hold = (await patiently(writer, mayTake, [owner], () => writer.query<Hold>(query))).rows[0];
    } catch (error) {
      // A commit that cannot be ended either: whoever makes it holds the lease.
      if (!isLockTimeout(error)) throw error;
    }
    if (hold === undefined) return undefined;
    this.#hold = hold;
    return this.#leaseOf(hold);
  }

  close(): Promise<void> {
    return this.#control.close();
  }

  #leaseOf(taken: Hold): Lease {
    const { holder } = taken;
    const change = async (text: string): Promise<boolean> =>
      this.#control.run(async (client) => (await client.query(text, [holder])).rowCount === 1);
    const current = (): Hold => (this.#hold?.holder === holder ? this.#hold : taken);
    return {
      get fence() {
        return current().fence;
      },
      renew: () => change(`UPDATE lease SET expires = ${expiry} WHERE holder = $1`),
      release: async () => {
        if (this.#hold?.holder === holder) this.#hold = undefined;
        // With the fence: a commit that is under way is waited for.
        await change(
          "UPDATE lease SET fence = fence + 1, owner = NULL, holder = NULL, expires = '-infinity' " +
            `WHERE holder = $1 RETURNING pg_notify('${channel}', '')`,
        );
      },
    };
  }
}

/**
 * Runs a change of the fence. When a commit of the holder before keeps it waiting, that holder's connection is ended, and it
 * is tried once more: its process may be stopped in the middle of a message, and would keep the row for ever.
 */
async function patiently<T>(
  client: pg.ClientBase,
  which: string,
  values: unknown[],
  change: () => Promise<T>,
): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (!isLockTimeout(error)) throw error;
  }
  await client.query(
    'SELECT pg_terminate_backend(pid) FROM lease JOIN pg_stat_activity ON pid = backend AND pid <> pg_backend_pid() ' +
      `AND application_name = 'countersign' AND datname = current_database() WHERE ${which}`,
    values,
  );
  return change();
}

function isLockTimeout(error: unknown): boolean {
  const lockNotAvailable = '55P03';
  return error instanceof pg.DatabaseError && error.code === lockNotAvailable;
}
