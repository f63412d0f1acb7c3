import type { LeafId } from '@countersign/tree';
import type Database from 'better-sqlite3';
import { prefixEnd } from '../search-key.ts';
import { guardIndex, openIndexToRead, partOf } from './index-file.ts';

/** Above all text: SQLite sorts bytes after it. */
const aboveAllText = Buffer.alloc(0);

/** The reading side of an index. Every failure is an `ERR_STORAGE`. */
export class IndexReader {
  readonly #database: Database.Database;
  readonly #part: Database.Statement<[number], number | null>;
  readonly #below: Database.Statement<[number, string, number, number], LeafId>;
  readonly #range: Database.Statement<[number, string, string | Buffer, number], LeafId>;

  constructor(path: string) {
    this.#database = openIndexToRead(path);
    try {
      const { part, below, range } = guardIndex(() => prepare(this.#database));
      this.#part = part as never;
      this.#below = below as never;
      this.#range = range as never;
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** Up to `count` leaves of a key below `before`, the highest first. */
  below(key: string, before: number, count: number): readonly LeafId[] {
    const end = Math.min(before, Number.MAX_SAFE_INTEGER);
    return this.#collect(end, count, (part, room) => this.#below.all(part, key, end, room));
  }

  /** The leaves of up to `rows` rows whose key starts with `prefix`, in no order, maybe with repetitions. */
  withPrefix(prefix: string, rows: number): readonly LeafId[] {
    const end = prefixEnd(prefix) ?? aboveAllText;
    return this.#collect(Number.MAX_SAFE_INTEGER, rows, (part, room) => this.#range.all(part, prefix, end, room));
  }

  close(): void {
    this.#database.close();
  }

  /** Asks the parts with leaves below `end`, the newest first, until there are `count` leaves. */
  #collect(end: number, count: number, ask: (part: number, room: number) => readonly LeafId[]): readonly LeafId[] {
    return guardIndex(() => {
      const found: LeafId[] = [];
      let part = this.#part.get(partOf(end - 1));
      while (part != null && found.length < count) {
        for (const leaf of ask(part, count - found.length)) found.push(leaf);
        part = this.#part.get(part - 1);
      }
      return found;
    });
  }
}

function prepare(database: Database.Database) {
  return {
    part: database.prepare('SELECT max(part) FROM entry_key WHERE part <= ?').pluck(),
    below: database
      .prepare('SELECT leaf FROM entry_key WHERE part = ? AND key = ? AND leaf < ? ORDER BY leaf DESC LIMIT ?')
      .pluck(),
    range: database.prepare('SELECT leaf FROM entry_key WHERE part = ? AND key >= ? AND key < ? LIMIT ?').pluck(),
  };
}
