import { join } from 'node:path';

/** What is in a data folder. */
export interface DataFiles {
  /** The log's database: everything that must not be lost. */
  readonly log: string;
  /** The search index, a database that can be made again from the log. */
  readonly search: string;
  /** The folder of the private keys. */
  readonly keys: string;
  /** The socket on which a running node takes commands. */
  readonly admin: string;
  /** How far an examination that was stopped has come. */
  readonly fsck: string;
  /** A database that a restore has not put in its place yet. */
  readonly restoring: string;
  /** A database that a migration or an import has not put in its place yet. */
  readonly copying: string;
  /** The database of a log that was migrated away: kept, and started on no more. */
  readonly migrated: string;
}

/** Where the things of a data folder are. */
export function dataFiles(folder: string): DataFiles {
  return {
    log: join(folder, 'log.sqlite'),
    search: join(folder, 'search.sqlite'),
    keys: join(folder, 'keys'),
    admin: join(folder, 'admin.sock'),
    fsck: join(folder, 'fsck.json'),
    restoring: join(folder, 'log.sqlite.restoring'),
    copying: join(folder, 'log.sqlite.copying'),
    migrated: join(folder, 'log.sqlite.migrated'),
  };
}
