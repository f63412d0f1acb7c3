import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The built file, from `dist` and from the sources alike. */
const script = fileURLToPath(new URL('../dist/sqlite-check-process.js', import.meta.url));

/** Bytes of the problems of one check. */
const maxOutputBytes = 16 * 1024 * 1024;

/**
 * Has SQLite check a database file, beside its writer or when there is none; empty when all is well. In a process of its
 * own: it takes as long as reading the file, cannot be stopped from within, and a damaged file may end it.
 *
 * Rejects with the signal's reason when it is stopped.
 */
export function checkSqlite(path: string, signal?: AbortSignal): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const options = { maxBuffer: maxOutputBytes, ...(signal && { signal }) };
    execFile(process.execPath, [script, path], options, (error, stdout) => {
      if (signal?.aborted) reject(signal.reason);
      else if (error !== null) resolve([`the check ended early: ${error.message.split('\n', 1)[0]}`]);
      else resolve(JSON.parse(stdout) as string[]);
    });
  });
}
