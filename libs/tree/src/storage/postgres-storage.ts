import type { ShardRecord, Snapshot } from '../shard.ts';
import type { Lease, SharedStorage, Submission } from '../shared-storage.ts';
import type { CommitBatch, TreeReader } from '../storage.ts';
import { storageFailure } from './postgres-connection.ts';
import { leaderOf } from './postgres-lease.ts';
import { listenTo } from './postgres-listener.ts';
import { PostgresPool } from './postgres-pool.ts';
import { PostgresReader } from './postgres-reader.ts';
import { expectTables, migratePostgres } from './postgres-schema.ts';
import { PostgresSubmissions } from './postgres-submissions.ts';
import { PostgresWriter } from './postgres-writer.ts';

/** Which database. */
export interface PostgresOptions {
  /** `postgresql://user:password@host:port/database`, with parameters such as `sslmode=verify-full`. */
  readonly url: string;
}

/**
 * Opens the PostgreSQL database that holds a log's trees, which several processes may share, and makes its tables when
 * they are not there. The server must wait for its disk: see {@link makeDurable}. Nothing is written before
 * {@link SharedStorage.takeLease}.
 *
 * A commit is one statement, in one round trip. A connection that is lost is made again with the next call. Before
 * `latest` and `shards` answer after that, it is certain that no write of the lost connection can still come.
 *
 * Throws `ERR_STORAGE`.
 */
export async function openPostgresStorage({ url }: PostgresOptions): Promise<SharedStorage> {
  await migratePostgres(url);
  const storage = new PostgresStorage(url);
  try {
    await storage.shards();
    return storage;
  } catch (error) {
    await storage.close();
    throw error;
  }
}

/**
 * Opens the same database to read only, beside those that write or when there is none.
 *
 * Throws `ERR_STORAGE`, also when there are no tables.
 */
export async function openPostgresReader({ url }: PostgresOptions): Promise<TreeReader> {
  const pool = new PostgresPool(url);
  try {
    await pool.use(expectTables);
    return new PostgresReader(pool);
  } catch (error) {
    await pool.close();
    throw storageFailure(error);
  }
}

class PostgresStorage extends PostgresReader implements SharedStorage {
  readonly #url: string;
  readonly #pool: PostgresPool;
  readonly #writer: PostgresWriter;
  readonly #submissions: PostgresSubmissions;

  constructor(url: string) {
    const pool = new PostgresPool(url);
    super(pool);
    this.#url = url;
    this.#pool = pool;
    this.#writer = new PostgresWriter(url);
    this.#submissions = new PostgresSubmissions(pool);
  }

  override async shards(): Promise<readonly ShardRecord[]> {
    await this.#writer.settled();
    return super.shards();
  }

  override async latest(shard: number): Promise<Snapshot | undefined> {
    await this.#writer.settled();
    return super.latest(shard);
  }

  createShard(shard: ShardRecord): Promise<void> {
    return this.#writer.createShard(shard);
  }

  freezeShard(shard: number, successor?: ShardRecord): Promise<void> {
    return this.#writer.freezeShard(shard, successor);
  }

  commit(batch: CommitBatch): Promise<void> {
    return this.#writer.commit(batch);
  }

  takeLease(owner: string): Promise<Lease | undefined> {
    return this.#writer.takeLease(owner);
  }

  leader(): Promise<string | undefined> {
    return leaderOf(this.#pool);
  }

  listen(changed: () => void): Promise<() => Promise<void>> {
    return listenTo(this.#url, changed);
  }

  submit(submission: Submission): Promise<void> {
    return this.#submissions.add(submission);
  }

  submissions(count: number, bytes: number): Promise<readonly Submission[]> {
    return this.#submissions.oldest(count, bytes);
  }

  settle(ids: readonly string[]): Promise<void> {
    return this.#submissions.remove(ids);
  }

  override async close(): Promise<void> {
    await Promise.all([this.#writer.close(), super.close()]);
  }
}
