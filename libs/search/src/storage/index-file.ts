import { rmSync } from 'node:fs';
import { CountersignError, hasCode } from '@countersign/errors';
import Database from 'better-sqlite3';
import { searchLimits } from '../limits.ts';

/** The version of the tables. A file of an older one is as good as none; one of a newer one is thrown away with a warning. */
export const indexVersion = 2;

/** Milliseconds to wait for a lock that a backup or a shell holds. */
const busyTimeoutMs = 1000;
const cacheKib = 16 * 1024;
/** Bytes the write-ahead log is cut to. */
const walBytes = 64 * 1024 * 1024;
/** Pages (4 KiB) in it at which they are copied into the index: those of several batches, most of which are the same. */
const walPages = 16_384;

const tables = `
  CREATE TABLE entry_key (
    part INTEGER NOT NULL, key TEXT NOT NULL, leaf INTEGER NOT NULL, PRIMARY KEY (part, key, leaf)
  ) WITHOUT ROWID;
  CREATE TABLE indexed (shard INTEGER PRIMARY KEY, tree_id TEXT NOT NULL, size INTEGER NOT NULL, last_hash BLOB NOT NULL);
  PRAGMA user_version = ${indexVersion};
`;

/**
 * Opens an index to write it, made when it is not there or of an older version. At `synchronous=NORMAL` in WAL mode the loss of power may take
 * the newest transactions, never a part of one: what is lost is indexed again.
 *
 * Throws `ERR_STORAGE`; see {@link isDamaged}.
 */
export function openIndexToWrite(path: string): Database.Database {
  return guardIndex(() => {
    const database = new Database(path, { timeout: busyTimeoutMs });
    try {
      database.pragma('journal_mode = WAL');
      database.pragma('synchronous = NORMAL');
      database.pragma(`journal_size_limit = ${walBytes}`);
      database.pragma(`wal_autocheckpoint = ${walPages}`);
      database.pragma(`cache_size = -${cacheKib}`);
      const version = Number(database.pragma('user_version', { simple: true }));
      if (version === 0) database.transaction(() => database.exec(tables)).immediate();
      else if (version < indexVersion) {
        database.close();
        removeIndex(path);
        return openIndexToWrite(path);
      } else if (version > indexVersion) throw damaged(`it is of version ${version}`);
    } catch (error) {
      database.close();
      throw error;
    }
    return database;
  });
}

/** The part of the file that a leaf's keys are in: the higher the leaf, the higher the part. */
export function partOf(leaf: number): number {
  return Math.floor(leaf / searchLimits.partLeaves);
}

/** Opens an index to read only, beside its writer. Throws `ERR_STORAGE`. */
export function openIndexToRead(path: string): Database.Database {
  return guardIndex(() => {
    const database = new Database(path, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
    database.pragma(`cache_size = -${cacheKib}`);
    return database;
  });
}

/** Removes an index that nobody has open, with what belongs to it. */
export function removeIndex(path: string): void {
  guardIndex(() => {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(path + end, { force: true });
  });
}

/** Runs `work` on the index and turns whatever it throws into an `ERR_STORAGE`, `details.damaged` where that is known. */
export function guardIndex<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (hasCode(cause)) throw cause;
    const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : 'no code';
    const why = `the search index failed (${code}: ${cause instanceof Error ? cause.message : cause})`;
    if (/^SQLITE_(CORRUPT|NOTADB|ERROR)/.test(code)) throw damaged(why, cause);
    throw new CountersignError('ERR_STORAGE', why, { cause });
  }
}

/** The refusal of an index that is only good to be thrown away. */
export function damaged(why: string, cause?: unknown): CountersignError {
  return new CountersignError('ERR_STORAGE', why, { cause, details: { damaged: true } });
}

/** Tells whether an index failed such that only a new one helps. */
export function isDamaged(error: unknown): boolean {
  if (!hasCode(error, 'ERR_STORAGE') || !('details' in error)) return false;
  const { details } = error;
  return typeof details === 'object' && details !== null && Reflect.get(details, 'damaged') === true;
}
