import { join } from 'node:path';

/** The files in a data folder that have a name of their own. */
export interface DataFiles {
  /** The log's database: everything that must not be lost. */
  readonly log: string;
  /** The search index, a database that can be made again from the log. */
  readonly search: string;
  /** The socket on which a running node takes commands. */
  readonly admin: string;
}

/** Where the files of a data folder are. */
export function dataFiles(folder: string): DataFiles {
  return {
    log: join(folder, 'log.sqlite'),
    search: join(folder, 'search.sqlite'),
    admin: join(folder, 'admin.sock'),
  };
}
