import { CountersignError } from '@countersign/errors';
import type pg from 'pg';

/** What a connection that writes must have, by setting. `remote_apply` waits for more than `on` does. */
const required: Readonly<Record<string, readonly string[]>> = {
  synchronous_commit: ['on', 'remote_apply'],
  fsync: ['on'],
  full_page_writes: ['on'],
  transaction_isolation: ['read committed'],
};

/**
 * Has the connection wait for the disk with every commit, and asserts that it does: that nothing acknowledged is lost
 * stands on it. Throws `ERR_STORAGE` with the setting that is wrong.
 */
export async function makeDurable(client: pg.ClientBase): Promise<void> {
  // A default of the user or of the database may say otherwise. The statements that write are made for READ COMMITTED.
  await client.query(
    "SET default_transaction_isolation = 'read committed'; " +
      "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') <> 'remote_apply'",
  );
  const { rows } = await client.query<{ name: string; setting: string | null }>(
    'SELECT name, current_setting(name, true) AS setting FROM unnest($1::text[]) AS name',
    [Object.keys(required)],
  );
  for (const { name, setting } of rows) {
    if (setting !== null && required[name]?.includes(setting)) continue;
    throw new CountersignError(
      'ERR_STORAGE',
      `the database server has ${name}=${setting ?? '(none)'}, and could lose what was acknowledged: it must be ${required[name]?.join(' or ')}`,
    );
  }
}
