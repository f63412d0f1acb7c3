import { CountersignError, hasCode } from '@countersign/errors';
import Database from 'better-sqlite3';
import { errno } from '../errno.ts';

/** Settings of the database, each with its reason. */
export const sqliteLimits = {
  /** Milliseconds to wait for a lock that a backup or a shell holds. We are the only writer ourselves. */
  busyTimeoutMs: 1000,
  /** Page cache of each connection, in KiB. */
  cacheKib: 8 * 1024,
  /** Pages (4 KiB) in the write-ahead log at which SQLite copies them into the database. */
  walPages: 8000,
  /** Bytes the write-ahead log may have. It grows beyond `walPages` only while somebody else reads for long. */
  walBytes: 64 * 1024 * 1024,
  /** Commits after which the size of the write-ahead log is looked at. */
  walCheckCommits: 64,
  /** Milliseconds without a commit after which the write-ahead log is emptied. */
  idleMs: 2000,
} as const;

const synchronousFull = 2;

/** Opens the one writable connection. */
export function openWriter(path: string): Database.Database {
  const database = new Database(path, { timeout: sqliteLimits.busyTimeoutMs });
  database.pragma('journal_mode = WAL');
  // A WAL database comes back at NORMAL with every open, and would lose acknowledged commits with the power.
  database.pragma('synchronous = FULL');
  database.pragma('foreign_keys = ON');
  database.pragma(`wal_autocheckpoint = ${sqliteLimits.walPages}`);
  database.pragma(`journal_size_limit = ${sqliteLimits.walBytes}`);
  database.pragma(`cache_size = -${sqliteLimits.cacheKib}`);
  expectPragma(database, 'journal_mode', 'wal');
  expectPragma(database, 'synchronous', synchronousFull);
  return database;
}

/** Opens a connection that can only read. */
export function openReader(path: string): Database.Database {
  const database = new Database(path, { readonly: true, fileMustExist: true, timeout: sqliteLimits.busyTimeoutMs });
  database.pragma(`cache_size = -${sqliteLimits.cacheKib}`);
  return database;
}

/** What may pass without anybody changing the data: a full disk, one that fails, a lock that another program holds. */
const passing = /^SQLITE_(?:FULL|BUSY|LOCKED|IOERR)/;

/** Runs `work` on the database and turns whatever it throws into an `ERR_STORAGE`, or an `ERR_STORAGE_UNAVAILABLE` where that may pass. */
export function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (hasCode(cause)) throw cause;
    const code = errno(cause) ?? 'no code';
    const why = `${code}: ${cause instanceof Error ? cause.message : cause}`;
    throw new CountersignError(
      passing.test(code) ? 'ERR_STORAGE_UNAVAILABLE' : 'ERR_STORAGE',
      `the database failed (${why})`,
      { cause },
    );
  }
}

function expectPragma(database: Database.Database, name: string, expected: number | string): void {
  const found = database.pragma(name, { simple: true });
  if (found === expected) return;
  throw new CountersignError('ERR_STORAGE', `the database refuses ${name}=${expected}: it has ${String(found)}`);
}
