import Database from 'better-sqlite3';
import { errno } from '../errno.ts';
import { guard } from './sqlite-connection.ts';

/** A lock that was taken, with its `release`; or one that process `owner` has (0: not known). */
export type HeldLock =
  | { readonly release: () => void; readonly owner?: undefined }
  | { readonly release?: undefined; readonly owner: number };

/**
 * Takes the lock that a small database file stands for: an open write transaction, which SQLite guards
 * with a lock of the operating system. Whoever finds it taken can still read the owner's pid.
 *
 * Throws `ERR_STORAGE` when the file cannot be used.
 */
export function holdLock(path: string, pid: number): HeldLock {
  return guard(() => {
    const file = new Database(path, { timeout: 0 });
    try {
      file.exec('BEGIN IMMEDIATE');
      file.pragma(`user_version = ${pid}`);
      // The pid is seen by others only when committed; who slips in between the two has the lock by right.
      file.exec('COMMIT; BEGIN IMMEDIATE');
      return { release: () => file.close() };
    } catch (error) {
      const busy = errno(error) === 'SQLITE_BUSY';
      const owner = busy ? readOwner(file) : 0;
      file.close();
      if (!busy) throw error;
      return { owner };
    }
  });
}

function readOwner(file: Database.Database): number {
  try {
    return Number(file.pragma('user_version', { simple: true }));
  } catch {
    return 0;
  }
}
