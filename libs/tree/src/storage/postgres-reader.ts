import { type Hash, type LeafHash, treeSize } from '@countersign/merkle';
import { indexOfLeaf, leafId } from '../leaf-id.ts';
import type { ShardIndex, ShardRecord, Snapshot } from '../shard.ts';
import type { LeafAnnex, LeafHead, StoredAttachment, StoredLeaf, TreeReader } from '../storage.ts';
import { PostgresFinder } from './postgres-finder.ts';
import type { PostgresPool } from './postgres-pool.ts';
import {
  type AttachmentRow,
  attachmentOf,
  type LeafRow,
  leafOf,
  plain,
  type ShardRow,
  shardOf,
  tileId,
} from './row.ts';

const leafColumns = 'id, hash, integrated_time, identity, annex, data, crc';

/** The statements that read. Every method is as {@link TreeReader} has it. */
export class PostgresReader implements TreeReader {
  readonly #pool: PostgresPool;
  readonly #finder: PostgresFinder;

  constructor(pool: PostgresPool) {
    this.#pool = pool;
    this.#finder = new PostgresFinder(pool);
  }

  async shards(): Promise<readonly ShardRecord[]> {
    return (await this.#pool.read<ShardRow>('SELECT * FROM shard ORDER BY id')).map(shardOf);
  }

  async latest(shard: number): Promise<Snapshot | undefined> {
    const [row] = await this.#pool.read<{ size: number; root: Buffer; note: string }>(
      'SELECT size, root, note FROM checkpoint WHERE shard = $1',
      [shard],
    );
    return row && { size: treeSize(row.size), root: plain(row.root), checkpoint: row.note };
  }

  async leaf(shard: number, index: number): Promise<StoredLeaf | undefined> {
    const [row] = await this.#pool.read<LeafRow>(`SELECT ${leafColumns} FROM leaf WHERE id = $1`, [
      leafId(shard, index),
    ]);
    return row && leafOf(row);
  }

  async leaves(shard: number, from: number, count: number): Promise<readonly StoredLeaf[]> {
    const rows = await this.#pool.read<LeafRow>(
      `SELECT ${leafColumns} FROM leaf WHERE id >= $1 AND id < $2 ORDER BY id`,
      [leafId(shard, from), leafId(shard, from + count)],
    );
    return rows.map(leafOf);
  }

  async leafHashes(shard: number, from: number, count: number): Promise<readonly Hash[]> {
    const rows = await this.#pool.read<{ hash: Buffer }>(
      'SELECT hash FROM leaf WHERE id >= $1 AND id < $2 ORDER BY id',
      [leafId(shard, from), leafId(shard, from + count)],
    );
    return rows.map(({ hash }) => plain(hash));
  }

  async annexes(shard: number, from: number, count: number, bytes: number): Promise<readonly LeafAnnex[]> {
    const rows = await this.#pool.read<Pick<LeafRow, 'id' | 'annex'>>(
      `SELECT id, annex FROM (
        SELECT id, annex, row_number() OVER place AS nth, sum(coalesce(octet_length(annex), 0)) OVER place AS total
        FROM leaf WHERE id >= $1 AND id < $2 WINDOW place AS (ORDER BY id)
      ) AS found WHERE total <= $3 OR nth = 1 ORDER BY id`,
      [leafId(shard, from), leafId(shard, from + count), bytes],
    );
    return rows.map(({ id, annex }) => ({
      index: indexOfLeaf(id),
      annex: annex === null ? undefined : plain(annex),
    }));
  }

  async attachments(shard: number, from: number, count: number): Promise<readonly StoredAttachment[]> {
    const rows = await this.#pool.read<AttachmentRow>(
      'SELECT id, bytes, crc FROM attachment WHERE id >= $1 AND id < $2 ORDER BY id',
      [leafId(shard, from), leafId(shard, from + count)],
    );
    return rows.map(attachmentOf);
  }

  async leafHeads(shard: number, indexes: readonly number[]): Promise<readonly LeafHead[]> {
    const rows = await this.#pool.read<Pick<LeafRow, 'id' | 'hash' | 'integrated_time'>>(
      `SELECT id, hash, integrated_time FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted (id, nth)
        JOIN leaf USING (id) ORDER BY nth`,
      [indexes.map((index) => leafId(shard, index))],
    );
    return rows.map((row) => ({
      index: indexOfLeaf(row.id),
      hash: plain(row.hash) as LeafHash,
      integratedTime: row.integrated_time,
    }));
  }

  async tile(shard: number, level: number, index: number): Promise<Uint8Array | undefined> {
    const id = tileId(shard, level, index);
    const [row] = await this.#pool.read<{ nodes: Buffer }>('SELECT nodes FROM tile WHERE id = $1', [id]);
    return row && plain(row.nodes);
  }

  find(shard: number, identity: Uint8Array): Promise<ShardIndex | undefined> {
    return this.#finder.find(shard, identity);
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}
