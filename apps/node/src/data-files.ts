import { join } from 'node:path';

/** The databases in a data folder. */
export interface DataFiles {
  /** The log: everything that must not be lost. */
  readonly log: string;
  /** The search index, which can be made again from the log. */
  readonly search: string;
}

/** Where the databases of a data folder are. */
export function dataFiles(folder: string): DataFiles {
  return { log: join(folder, 'log.sqlite'), search: join(folder, 'search.sqlite') };
}
