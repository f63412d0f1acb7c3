import type { LeafId } from '@countersign/tree';
import type Database from 'better-sqlite3';
import { damaged, guardIndex, openIndexToWrite, partOf } from './index-file.ts';

/** How far a shard is indexed. */
export interface IndexedShard {
  readonly shard: number;
  /** Decimal. */
  readonly treeId: string;
  /** Leaves that are indexed: those below this index. */
  readonly size: number;
  /** The hash of the last of them. */
  readonly lastHash: Uint8Array;
}

/** What one transaction adds: rows, and how far the shard is indexed with them. */
export interface IndexBatch extends IndexedShard {
  /** How far the shard was indexed before. */
  readonly first: number;
  readonly rows: readonly (readonly [key: string, leaf: LeafId])[];
}

interface IndexedRow {
  readonly shard: number;
  readonly tree_id: string;
  readonly size: number;
  readonly last_hash: Buffer;
}

/** The writing side of an index. Every failure is an `ERR_STORAGE`. */
export class IndexWriter {
  readonly #database: Database.Database;
  readonly #indexed: Database.Statement<[], IndexedRow>;
  readonly #add: (batch: IndexBatch) => void;

  /** Opens the index, made when it is not there. */
  constructor(path: string) {
    this.#database = openIndexToWrite(path);
    try {
      const { indexed, add } = guardIndex(() => prepare(this.#database));
      this.#indexed = indexed;
      this.#add = add;
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  /** How far each shard is indexed; one that is not here is not at all. */
  indexed(): readonly IndexedShard[] {
    const rows = guardIndex(() => this.#indexed.all());
    return rows.map(({ shard, tree_id, size, last_hash }) => ({ shard, treeId: tree_id, size, lastHash: last_hash }));
  }

  /** Adds a batch, all or nothing. */
  add(batch: IndexBatch): void {
    guardIndex(() => this.#add(batch));
  }

  close(): void {
    this.#database.close();
  }
}

function prepare(database: Database.Database) {
  const indexed = database.prepare<[], IndexedRow>('SELECT * FROM indexed ORDER BY shard');
  const size = database.prepare<[number], number>('SELECT size FROM indexed WHERE shard = ?').pluck();
  const addKey = database.prepare('INSERT OR IGNORE INTO entry_key (part, key, leaf) VALUES (?, ?, ?)');
  const setIndexed = database.prepare(
    'INSERT OR REPLACE INTO indexed (shard, tree_id, size, last_hash) VALUES (?, ?, ?, ?)',
  );
  const add = database.transaction((batch: IndexBatch) => {
    const found = size.get(batch.shard) ?? 0;
    if (found !== batch.first) throw damaged(`${found} leaves are indexed where ${batch.first} were expected`);
    for (const [key, leaf] of batch.rows) addKey.run(partOf(leaf), key, leaf);
    setIndexed.run(batch.shard, batch.treeId, batch.size, batch.lastHash);
  }).immediate;
  return { indexed, add };
}
