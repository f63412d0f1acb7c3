import { statSync } from 'node:fs';
import type Database from 'better-sqlite3';
import { errno } from '../errno.ts';
import { sqliteLimits } from './sqlite-connection.ts';

type WalLimits = Record<'walBytes' | 'walCheckCommits', number>;

/**
 * Keeps the write-ahead log small. SQLite copies it into the database by itself, but never makes the file
 * shorter, and lets it grow for as long as another process reads. So it is emptied when no commit has come
 * for a while, and whenever it is beyond its bound.
 */
export class WalKeeper {
  readonly #database: Database.Database;
  readonly #path: string;
  readonly #idle: NodeJS.Timeout;
  readonly #limits: WalLimits;
  #commits = 0;

  constructor(database: Database.Database, path: string, limits: Partial<WalLimits> = {}) {
    this.#database = database;
    this.#limits = { ...sqliteLimits, ...limits };
    this.#path = `${path}-wal`;
    this.#idle = setTimeout(() => this.empty(), sqliteLimits.idleMs);
    this.#idle.unref();
  }

  /** To be called after every commit. */
  committed(): void {
    this.#idle.refresh();
    this.#commits += 1;
    if (this.#commits % this.#limits.walCheckCommits === 0 && this.size() > this.#limits.walBytes) this.empty();
  }

  /** Copies everything into the database and cuts the file; leaves it to the next time when somebody reads. */
  empty(): void {
    this.#database.pragma('busy_timeout = 0');
    try {
      this.#database.pragma('wal_checkpoint(TRUNCATE)');
    } catch (error) {
      // Nothing is lost: what could not be copied stays in the log, and a disk that fails will tell at the next commit.
      if (errno(error) === undefined) throw error;
    } finally {
      this.#database.pragma(`busy_timeout = ${sqliteLimits.busyTimeoutMs}`);
    }
  }

  /** Bytes of the write-ahead log. */
  size(): number {
    try {
      return statSync(this.#path).size;
    } catch (error) {
      if (errno(error) === 'ENOENT') return 0;
      throw error;
    }
  }

  /** Stops; to be called before the connection is closed. */
  stop(): void {
    clearTimeout(this.#idle);
  }
}
