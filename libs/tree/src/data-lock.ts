import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CountersignError } from '@countersign/errors';
import { type HeldLock, holdLock } from './storage/sqlite-lock.ts';

/** A locked data folder. */
export interface DataLock {
  /** Lets the next process in. */
  release(): void;
}

/**
 * Makes sure that no other process uses a data folder, which is made when it is not there.
 * The operating system lets go of the lock when the process ends, however it ends.
 *
 * Throws `ERR_DATA_LOCKED`, naming the folder and the other process.
 */
export function lockDataFolder(folder: string): DataLock {
  mkdirSync(folder, { recursive: true });
  const held: HeldLock = holdLock(join(folder, 'lock'), process.pid);
  if (held.release !== undefined) return { release: held.release };
  throw new CountersignError(
    'ERR_DATA_LOCKED',
    `the data folder ${folder} is in use by another process${held.owner > 0 ? ` (pid ${held.owner})` : ''}: stop that one first, or name another folder`,
    { details: { folder, pid: held.owner } },
  );
}
