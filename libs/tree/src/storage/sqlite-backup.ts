import { closeSync, fsyncSync, openSync } from 'node:fs';
import { guard, openReader } from './sqlite-connection.ts';

/**
 * Copies a database that may be in use into a new file, mode 0600, on disk when this returns. Works synchronously:
 * meant for a process of its own.
 *
 * `VACUUM INTO` rather than SQLite's backup interface: it is one statement and so one read transaction, never sees
 * half a commit and never begins anew while others write; it reads every row, so that a page that is no B-tree stops
 * it; and its copy is one file without a write-ahead log, without what was once deleted. While it runs, the writer's
 * log cannot be emptied and grows by what is committed.
 *
 * Throws `ERR_STORAGE`; a part of the copy may then be there.
 */
export function backupSqlite(path: string, to: string): void {
  guard(() => {
    // SQLite fills an empty file, and would make one that others can read.
    closeSync(openSync(to, 'wx', 0o600));
    const database = openReader(path);
    try {
      database.prepare('VACUUM INTO ?').run(to);
    } finally {
      database.close();
    }
    const copy = openSync(to, 'r+');
    try {
      fsyncSync(copy);
    } finally {
      closeSync(copy);
    }
  });
}
