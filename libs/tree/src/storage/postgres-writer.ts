import { CountersignError } from '@countersign/errors';
import { attachmentChecksum, leafChecksum } from '../leaf-checksum.ts';
import { leafId } from '../leaf-id.ts';
import { maxShardId } from '../limits.ts';
import type { ShardRecord } from '../shard.ts';
import type { Lease } from '../shared-storage.ts';
import type { CommitBatch } from '../storage.ts';
import { connectionOptions, PostgresConnection } from './postgres-connection.ts';
import { makeDurable } from './postgres-durability.ts';
import { PostgresLease } from './postgres-lease.ts';
import { expectTables } from './postgres-schema.ts';
import { commit, createShard, freezeShard, type Written } from './postgres-statements.ts';
import { shardChecksum, tileId } from './row.ts';

/** The one connection that writes, under the lease. */
export class PostgresWriter {
  readonly #lease: PostgresLease;
  readonly #connection: PostgresConnection;

  constructor(url: string) {
    this.#lease = new PostgresLease(url);
    this.#connection = new PostgresConnection(connectionOptions(url), async (client) => {
      await makeDurable(client);
      await expectTables(client);
      await this.#lease.adopt(client);
    });
  }

  /** Connects. When it resolves, no write of a connection that was lost is under way, and none can come any more. */
  async settled(): Promise<void> {
    if (!this.#connection.connected) await this.#connection.run(async () => undefined);
  }

  /** See {@link SharedStorage.takeLease}. */
  takeLease(owner: string): Promise<Lease | undefined> {
    return this.#connection.run((client) => this.#lease.take(client, owner));
  }

  /** See {@link TreeStorage.commit}. */
  async commit({ shard, first, leaves, attachments, tiles, snapshot }: CommitBatch): Promise<void> {
    const ids = leaves.map((_, offset) => leafId(shard, first + offset));
    const { stored, state, size } = await this.#write('commit', commit, [
      shard,
      first,
      snapshot.size,
      snapshot.root,
      snapshot.checkpoint,
      ids,
      leaves.map(({ hash }) => hash),
      leaves.map(({ integratedTime }) => integratedTime),
      leaves.map(({ identity }) => identity),
      leaves.map(({ annex }) => annex),
      leaves.map(({ data }) => data),
      leaves.map((leaf, offset) => leafChecksum(leafId(shard, first + offset), leaf)),
      tiles.map(({ level, index }) => tileId(shard, level, index)),
      tiles.map(({ nodes }) => nodes),
      attachments.map(({ index }) => leafId(shard, index)),
      attachments.map(({ bytes }) => bytes),
      attachments.map(({ index, bytes }) => attachmentChecksum(leafId(shard, index), bytes)),
    ]);
    if (stored === 1) return;
    if (state === 'frozen') {
      throw new CountersignError('ERR_SHARD_FROZEN', `shard ${shard} is frozen and takes no more entries`);
    }
    const found = size ?? 0;
    if (found === first) throw new CountersignError('ERR_STORAGE', `there is no shard ${shard}`);
    throw new CountersignError(
      'ERR_STORAGE',
      `shard ${shard} has ${found} entries where ${first} were expected: somebody else has written to it`,
      { details: { shard, expected: first, found } },
    );
  }

  /** See {@link TreeStorage.createShard}. */
  async createShard(shard: ShardRecord): Promise<void> {
    await this.#write('create', createShard, columnsOf(shard));
  }

  /** See {@link TreeStorage.freezeShard}. */
  async freezeShard(shard: number, successor?: ShardRecord): Promise<void> {
    const columns = successor === undefined ? Array.from({ length: 8 }, () => null) : columnsOf(successor);
    const { stored } = await this.#write('freeze', freezeShard, [shard, ...columns]);
    if (stored !== 1) throw new CountersignError('ERR_STORAGE', `there is no shard ${shard} to be frozen`);
  }

  async close(): Promise<void> {
    await Promise.all([this.#connection.close(), this.#lease.close()]);
  }

  #write(name: string, text: string, values: readonly unknown[]): Promise<Written> {
    return this.#connection.run(async (client) => {
      const { fence, holder } = this.#lease.hold;
      const { rows } = await client.query<Written>({ name, text, values: [fence, holder, ...values] });
      const [written] = rows;
      if (written?.held === 1) return written;
      throw new CountersignError(
        'ERR_LEASE_LOST',
        'another process has taken the lease of the log, and writes to it now',
      );
    });
  }
}

function columnsOf(shard: ShardRecord): readonly unknown[] {
  const { id, kind, treeId, origin, publicKey, state, createdAt } = shard;
  if (!Number.isInteger(id) || id < 1 || id > maxShardId) {
    throw new CountersignError('ERR_STORAGE', `a shard's id is 1 to ${maxShardId}, not ${id}`);
  }
  return [id, kind, treeId, origin, publicKey, state, createdAt, shardChecksum(shard)];
}
