import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CountersignError } from '@countersign/errors';
import type { DataFiles } from '../data-files.ts';

/** Whether there is something at a path. */
export const isThere: (path: string) => boolean = existsSync;

/**
 * Refuses a folder that has a database already, or the rest of one: SQLite would mix its write-ahead log into another.
 *
 * @throws `ERR_STORAGE`
 */
export function refuseDatabase(path: string): void {
  const there = ['', '-wal', '-shm', '-journal'].map((end) => path + end).filter(existsSync);
  if (there.length === 0) return;
  throw new CountersignError(
    'ERR_STORAGE',
    `${dirname(path)} has a database already, and it is not replaced. Keep it, out of the way: ` +
      `mkdir ${join(dirname(path), 'old')} && mv ${there.join(' ')} ${join(dirname(path), 'old')}`,
  );
}

/**
 * Refuses to make a new log where one was being restored, migrated or imported, or was migrated away.
 *
 * @throws `ERR_STORAGE`
 */
export function refuseUnfinished({ log, restoring, copying, migrated }: DataFiles): void {
  if (existsSync(log)) return;
  if (existsSync(migrated)) {
    throw new CountersignError(
      'ERR_STORAGE',
      `the log of ${dirname(log)} was migrated to another database: name that one. What it was migrated from is in ${migrated}`,
    );
  }
  for (const [draft, what] of [
    [restoring, 'a restore'],
    [copying, 'a migration or an import'],
  ] as const) {
    if (!existsSync(draft)) continue;
    throw new CountersignError(
      'ERR_STORAGE',
      `${what} into ${dirname(log)} broke off: run it again. To begin a new log instead, remove ${draft}`,
    );
  }
}
