import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';

/** A table of a data folder's databases. */
export interface TableSize {
  readonly name: string;
  readonly rows: number;
  /** Of all its pages. */
  readonly bytes: number;
}

/** What a data folder holds. */
export interface DataSize {
  /** Entries of the log. */
  readonly entries: number;
  readonly tables: readonly TableSize[];
  /** Bytes of the log's database file. */
  readonly log: number;
  /** Bytes of the search index's. */
  readonly search: number;
}

/** Looks at every page of the databases in `data`, which nobody may have open. */
export function dataSize(data: string): DataSize {
  const [log, search] = [join(data, 'log.sqlite'), join(data, 'search.sqlite')];
  const tables = [...tablesOf(log), ...tablesOf(search)];
  const entries = tables.find(({ name }) => name === 'leaf')?.rows ?? 0;
  return { entries, tables, log: statSync(log).size, search: statSync(search).size };
}

/** The rows of a WITHOUT ROWID table (`wr`) are in its inner pages, too; those of any other only in its leaves. */
const sizes = `
  SELECT page.name, CAST(sum(iif(pagetype = 'leaf' OR wr, page.ncell, 0)) AS INTEGER) AS rows, sum(pgsize) AS bytes
  FROM dbstat AS page JOIN pragma_table_list AS listed ON listed.name = page.name AND listed.schema = 'main'
  GROUP BY page.name`;

function tablesOf(path: string): TableSize[] {
  const database = new Database(path, { readonly: true, fileMustExist: true });
  try {
    return database.prepare<[], TableSize>(sizes).all();
  } finally {
    database.close();
  }
}
