import type { LeafId } from '@countersign/tree';
import type Database from 'better-sqlite3';
import { prefixEnd } from '../search-key.ts';
import { guardIndex, openIndexToRead } from './index-file.ts';

/** Above all text: SQLite sorts bytes after it. */
const aboveAllText = Buffer.alloc(0);

/** The reading side of an index. Every failure is an `ERR_STORAGE`. */
export class IndexReader {
  readonly #database: Database.Database;
  readonly #below: Database.Statement<[string, number, number], LeafId>;
  readonly #range: Database.Statement<[string, string | Buffer, number], LeafId>;

  constructor(path: string) {
    this.#database = openIndexToRead(path);
    try {
      const { below, range } = guardIndex(() => prepare(this.#database));
      this.#below = below as never;
      this.#range = range as never;
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Up to `count` leaves of a key below `before`, the highest first. */
  below(key: string, before: number, count: number): readonly LeafId[] {
    return guardIndex(() => this.#below.all(key, Math.min(before, Number.MAX_SAFE_INTEGER), count));
  }

  /** The leaves of up to `rows` rows whose key starts with `prefix`, in no order, maybe with repetitions. */
  withPrefix(prefix: string, rows: number): readonly LeafId[] {
    return guardIndex(() => this.#range.all(prefix, prefixEnd(prefix) ?? aboveAllText, rows));
  }

  close(): void {
    this.#database.close();
  }
}

function prepare(database: Database.Database) {
  return {
    below: database.prepare('SELECT leaf FROM entry_key WHERE key = ? AND leaf < ? ORDER BY leaf DESC LIMIT ?').pluck(),
    range: database.prepare('SELECT leaf FROM entry_key WHERE key >= ? AND key < ? LIMIT ?').pluck(),
  };
}
