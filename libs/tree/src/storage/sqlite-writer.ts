import { CountersignError } from '@countersign/errors';
import type Database from 'better-sqlite3';
import { attachmentChecksum, leafChecksum } from '../leaf-checksum.ts';
import { leafId } from '../leaf-id.ts';
import { maxShardId } from '../limits.ts';
import type { ShardRecord } from '../shard.ts';
import type { CommitBatch } from '../storage.ts';
import { identityKey, shardChecksum, tileId } from './row.ts';

/** The statements that write, each commit one synchronous transaction. */
export class SqliteWriter {
  /** See {@link TreeStorage.commit}. */
  readonly commit: (batch: CommitBatch) => void;
  /** See {@link TreeStorage.freezeShard}. */
  readonly freezeShard: (shard: number, successor?: ShardRecord) => void;
  readonly #database: Database.Database;

  constructor(database: Database.Database) {
    this.#database = database;
    const readShard = database.prepare<
      [number],
      { readonly state: ShardRecord['state']; readonly size: number | null }
    >('SELECT state, size FROM shard LEFT JOIN checkpoint ON shard = id WHERE id = ?');
    const addLeaf = database.prepare(
      'INSERT INTO leaf (id, hash, integrated_time, identity, annex, data, crc) VALUES (?, ?, ?, ?, ?, ?, ?)',
    );
    const addIdentity = database.prepare('INSERT INTO identity (key, leaf) VALUES (?, ?)');
    const addAttachment = database.prepare('INSERT INTO attachment (id, bytes, crc) VALUES (?, ?, ?)');
    const addTile = database.prepare('INSERT INTO tile (id, nodes) VALUES (?, ?)');
    const setCheckpoint = database.prepare(
      'INSERT INTO checkpoint (shard, size, root, note) VALUES (?, ?, ?, ?) ' +
        'ON CONFLICT (shard) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note',
    );
    this.commit = database.transaction(({ shard, first, leaves, attachments, tiles, snapshot }: CommitBatch) => {
      const stored = readShard.get(shard);
      if (stored?.state === 'frozen') {
        throw new CountersignError('ERR_SHARD_FROZEN', `shard ${shard} is frozen and takes no more entries`);
      }
      const size = stored?.size ?? 0;
      if (size !== first) {
        throw new CountersignError(
          'ERR_STORAGE',
          `shard ${shard} has ${size} entries where ${first} were expected: somebody else has written to it`,
          { details: { shard, expected: first, found: size } },
        );
      }
      for (const [offset, leaf] of leaves.entries()) {
        const id = leafId(shard, first + offset);
        const { hash, data, integratedTime, identity, annex } = leaf;
        addLeaf.run(id, hash, integratedTime, identity ?? null, annex ?? null, data, leafChecksum(id, leaf));
        addIdentity.run(identityKey(identity ?? hash), id);
      }
      for (const { index, bytes } of attachments) {
        const id = leafId(shard, index);
        addAttachment.run(id, bytes, attachmentChecksum(id, bytes));
      }
      for (const { level, index, nodes } of tiles) addTile.run(tileId(shard, level, index), nodes);
      setCheckpoint.run(shard, snapshot.size, snapshot.root, snapshot.checkpoint);
    }).immediate;
    this.freezeShard = database.transaction((shard: number, successor?: ShardRecord) => {
      const { changes } = database.prepare("UPDATE shard SET state = 'frozen' WHERE id = ?").run(shard);
      if (changes !== 1) throw new CountersignError('ERR_STORAGE', `there is no shard ${shard} to be frozen`);
      if (successor !== undefined) this.createShard(successor);
    }).immediate;
  }

  /** See {@link TreeStorage.createShard}. */
  createShard(shard: ShardRecord): void {
    const { id, kind, treeId, origin, publicKey, state, createdAt } = shard;
    if (!Number.isInteger(id) || id < 1 || id > maxShardId) {
      throw new CountersignError('ERR_STORAGE', `a shard's id is 1 to ${maxShardId}, not ${id}`);
    }
    this.#database
      .prepare(
        'INSERT INTO shard (id, kind, tree_id, origin, public_key, state, created_at, crc) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      )
      .run(id, kind, treeId, origin, publicKey, state, createdAt, shardChecksum(shard));
  }
}
