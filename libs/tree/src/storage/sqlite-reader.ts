import { type Hash, type LeafHash, treeSize } from '@countersign/merkle';
import type Database from 'better-sqlite3';
import { indexOfLeaf, type LeafId, leafId } from '../leaf-id.ts';
import type { ShardIndex, ShardRecord, Snapshot } from '../shard.ts';
import type { LeafAnnex, LeafHead, StoredAttachment, StoredLeaf } from '../storage.ts';
import {
  type AttachmentRow,
  attachmentOf,
  identityKey,
  type LeafRow,
  leafOf,
  plain,
  type ShardRow,
  shardOf,
  tileId,
} from './row.ts';
import { versionOf } from './schema.ts';

/** The statements that read, on a connection that can do no more. Every method is as {@link TreeStorage} has it. */
export class SqliteReader {
  readonly #shards: Database.Statement<[], ShardRow>;
  readonly #latest: Database.Statement<[number], { size: number; root: Buffer; note: string }>;
  readonly #leaf: Database.Statement<[number], LeafRow>;
  readonly #leaves: Database.Statement<[number, number], LeafRow>;
  readonly #hashes: Database.Statement<[number, number], Buffer>;
  readonly #tile: Database.Statement<[number], Buffer>;
  readonly #annexes: Database.Statement<[number, number], Pick<LeafRow, 'id' | 'annex'>>;
  /** Undefined before the third version, which has them first. */
  readonly #attachments: Database.Statement<[number, number], AttachmentRow> | undefined;
  readonly #head: Database.Statement<[number], Pick<LeafRow, 'id' | 'hash' | 'integrated_time'>>;
  readonly #candidates: Database.Statement<[Uint8Array, number, number], LeafId>;
  readonly #identity: Database.Statement<[number], Buffer>;

  constructor(database: Database.Database) {
    const version = versionOf(database);
    // Before the second version there are no checksums.
    const crc = version < 2 ? 'NULL AS crc' : 'crc';
    const leafColumns = `id, hash, integrated_time, identity, annex, data, ${crc}`;
    this.#shards = database.prepare('SELECT * FROM shard ORDER BY id');
    this.#latest = database.prepare('SELECT size, root, note FROM checkpoint WHERE shard = ?');
    this.#leaf = database.prepare(`SELECT ${leafColumns} FROM leaf WHERE id = ?`);
    this.#leaves = database.prepare(`SELECT ${leafColumns} FROM leaf WHERE id >= ? AND id < ? ORDER BY id`);
    this.#hashes = database.prepare('SELECT hash FROM leaf WHERE id >= ? AND id < ? ORDER BY id').pluck() as never;
    this.#tile = database.prepare('SELECT nodes FROM tile WHERE id = ?').pluck() as never;
    this.#annexes = database.prepare('SELECT id, annex FROM leaf WHERE id >= ? AND id < ? ORDER BY id');
    this.#attachments =
      version < 3
        ? undefined
        : database.prepare('SELECT id, bytes, crc FROM attachment WHERE id >= ? AND id < ? ORDER BY id');
    this.#head = database.prepare('SELECT id, hash, integrated_time FROM leaf WHERE id = ?');
    this.#candidates = database
      .prepare('SELECT leaf FROM identity WHERE key = ? AND leaf >= ? AND leaf < ? ORDER BY leaf')
      .pluck() as never;
    this.#identity = database.prepare('SELECT coalesce(identity, hash) FROM leaf WHERE id = ?').pluck() as never;
  }

  shards(): readonly ShardRecord[] {
    return this.#shards.all().map(shardOf);
  }

  latest(shard: number): Snapshot | undefined {
    const row = this.#latest.get(shard);
    return row && { size: treeSize(row.size), root: plain(row.root), checkpoint: row.note };
  }

  leaf(shard: number, index: number): StoredLeaf | undefined {
    const row = this.#leaf.get(leafId(shard, index));
    return row && leafOf(row);
  }

  leaves(shard: number, from: number, count: number): readonly StoredLeaf[] {
    return this.#leaves.all(leafId(shard, from), leafId(shard, from + count)).map(leafOf);
  }

  leafHashes(shard: number, from: number, count: number): readonly Hash[] {
    return this.#hashes.all(leafId(shard, from), leafId(shard, from + count)).map(plain);
  }

  annexes(shard: number, from: number, count: number, bytes: number): readonly LeafAnnex[] {
    const found: LeafAnnex[] = [];
    let room = bytes;
    for (const { id, annex } of this.#annexes.iterate(leafId(shard, from), leafId(shard, from + count))) {
      room -= annex?.length ?? 0;
      if (room < 0 && found.length > 0) break;
      found.push({ index: indexOfLeaf(id), annex: annex === null ? undefined : plain(annex) });
    }
    return found;
  }

  attachments(shard: number, from: number, count: number): readonly StoredAttachment[] {
    return this.#attachments?.all(leafId(shard, from), leafId(shard, from + count)).map(attachmentOf) ?? [];
  }

  leafHeads(shard: number, indexes: readonly number[]): readonly LeafHead[] {
    return indexes.flatMap((index) => {
      const row = this.#head.get(leafId(shard, index));
      if (row === undefined) return [];
      return { index: indexOfLeaf(row.id), hash: plain(row.hash) as LeafHash, integratedTime: row.integrated_time };
    });
  }

  tile(shard: number, level: number, index: number): Uint8Array | undefined {
    const nodes = this.#tile.get(tileId(shard, level, index));
    return nodes && plain(nodes);
  }

  find(shard: number, identity: Uint8Array): ShardIndex | undefined {
    for (const id of this.#candidates.all(identityKey(identity), leafId(shard, 0), leafId(shard + 1, 0))) {
      const found = this.#identity.get(id);
      if (found !== undefined && Buffer.compare(found, identity) === 0) return indexOfLeaf(id);
    }
    return undefined;
  }
}
