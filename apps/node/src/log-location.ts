import { existsSync } from 'node:fs';
import { CountersignError } from '@countersign/errors';
import type { NodeConfig } from './config/node-config.ts';
import { dataFiles } from './data-files.ts';

/** Where the log of a node is: in its data folder, or in a database that it shares. */
export type LogPlace = Pick<NodeConfig, 'data' | 'database'>;

/** The path of the log's SQLite file, or the URL of its database. */
export function logLocation({ data, database }: LogPlace): string {
  return database ?? dataFiles(data).log;
}

/** The same, where something is expected to be there. Throws `ERR_STORAGE` when the data folder has no log. */
export function existingLog(place: LogPlace): string {
  const location = logLocation(place);
  if (place.database === undefined && !existsSync(location)) {
    throw new CountersignError('ERR_STORAGE', `there is no log in ${place.data}`);
  }
  return location;
}

/**
 * Refuses what only a log in a data folder can do.
 *
 * @throws `ERR_CONFIG_INVALID`, with what does it instead
 */
export function refuseDatabase({ database }: LogPlace, what: string): void {
  if (database === undefined) return;
  throw new CountersignError(
    'ERR_CONFIG_INVALID',
    `the log is in PostgreSQL, where a ${what} is the database's own: use pg_dump, or base backups with WAL archiving, ` +
      'and keep a copy of the folders keys/ and anchors/',
  );
}
