import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  openPostgresReader,
  openPostgresStorage,
  type ShardRecord,
  type SharedStorage,
  type Tree,
  type TreeReader,
} from '@countersign/tree';
import { type Fate, type Fault, MessageProxy } from '../../libs/tree/test/message-proxy.ts';
import type { PostgresServer } from '../../libs/tree/test/postgres-server.ts';
import type { Matrix } from './faults.ts';
import { openTree, refusedWithCode, shardOf, Told } from './told.ts';

/** What is done while messages fail: appends to a tree; a shard is made, and frozen in favour of another. */
export const postgresScenarios = ['appends', 'shards'] as const;

const ways: readonly Omit<Fault, 'at'>[] = (['cut before', 'cut inside', 'silence', 'late'] satisfies Fate[]).flatMap(
  (fate) => [false, true].filter((forGood) => fate !== 'late' || !forGood).map((forGood) => ({ fate, forGood })),
);

/** One log on a PostgreSQL server behind a proxy that lets messages fail. */
export class PostgresFaults {
  readonly #folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'countersign-faults-'));
  readonly #proxy: MessageProxy;
  readonly #storage: SharedStorage;
  /** Not behind the proxy. */
  readonly #reader: TreeReader;
  #shards = 0;

  private constructor(proxy: MessageProxy, storage: SharedStorage, reader: TreeReader) {
    this.#proxy = proxy;
    this.#storage = storage;
    this.#reader = reader;
  }

  static async start(server: PostgresServer): Promise<PostgresFaults> {
    const database = await server.createDatabase();
    const proxy = await MessageProxy.start(server.port);
    // Long enough for an answer on a machine that is busy, and short enough for hundreds that do not come.
    const storage = await openPostgresStorage({ url: `${server.url(database, proxy.port)}?query_timeout=1000` });
    if ((await storage.takeLease('faults')) === undefined) throw new Error('the lease is not free');
    return new PostgresFaults(proxy, storage, await openPostgresReader({ url: server.url(database) }));
  }

  async stop(): Promise<void> {
    await this.#storage.close();
    await this.#reader.close();
    await this.#proxy.close();
    rmSync(this.#folder, { recursive: true });
  }

  /** Lets every message of a scenario fail in every way, or every `step`th in one way. */
  async matrix(scenario: (typeof postgresScenarios)[number], step?: number): Promise<Matrix> {
    const attempt = scenario === 'appends' ? this.#appends : this.#createAndFreeze;
    // The first time statements are new to their connections, and there are more messages.
    await attempt.call(this, undefined);
    const { messages } = await attempt.call(this, undefined);
    const failures: string[] = [];
    let cases = 0;
    let fired = 0;
    for (let at = 1; at <= messages; at += step ?? 1) {
      for (const way of step === undefined ? ways : [ways[cases % ways.length] ?? ways[0]]) {
        const fault = { at, ...way } as Fault;
        cases += 1;
        try {
          if ((await attempt.call(this, fault)).fired) fired += 1;
        } catch (error) {
          failures.push(
            `message ${at}, ${fault.fate}${fault.forGood ? ' and for good' : ''}: ${(error as Error).stack}`,
          );
        }
      }
    }
    return { operations: messages, cases, fired, failures };
  }

  #newShard(): ShardRecord {
    this.#shards += 1;
    return shardOf(this.#shards);
  }

  #openTree(shard: ShardRecord): Promise<Tree> {
    return openTree(this.#storage, shard, this.#folder);
  }

  /** Appends, of which the fault hits one; now and then a tile becomes full on the way. */
  async #appends(fault: Fault | undefined): Promise<{ readonly messages: number; readonly fired: boolean }> {
    const shard = this.#newShard();
    await this.#storage.createShard(shard);
    const told = new Told();
    const before = await this.#openTree(shard);
    await told.append(before, shard.id % 8 === 0 ? 253 : 3);
    this.#proxy.arm(fault);
    for (let round = 0; round < 3; round += 1) await told.append(before, 2);
    const result = this.#proxy.disarm();
    await before.close().catch(refusedWithCode);
    const tree = await this.#openTree(shard);
    await told.check(tree, this.#reader);
    const { size } = tree.snapshot;
    await told.append(tree, 1);
    if (tree.snapshot.size !== size + 1) throw new Error('it does not go on');
    await told.check(tree, this.#reader);
    await tree.close();
    return result;
  }

  /** Makes a shard and freezes it in favour of another, of which the fault hits one. */
  async #createAndFreeze(fault: Fault | undefined): Promise<{ readonly messages: number; readonly fired: boolean }> {
    const [shard, next] = [this.#newShard(), this.#newShard()];
    const stored = async () => {
      // As the log does, which must know before it goes on; and as others see it.
      const shards = (await this.#storage.shards()).filter(({ id }) => id === shard.id || id === next.id);
      const seen = (await this.#reader.shards()).filter(({ id }) => id === shard.id || id === next.id);
      if (JSON.stringify(seen) !== JSON.stringify(shards)) throw new Error('what is stored changed after it was told');
      return shards.map(({ state }) => state).join();
    };
    const expect = (found: string, ...expected: string[]): void => {
      if (!expected.includes(found)) throw new Error(`there is "${found}", and not "${expected.join('" or "')}"`);
    };
    this.#proxy.arm(fault);
    const created = await this.#storage.createShard(shard).then(() => true, refusedWithCode);
    const frozen = created && (await this.#storage.freezeShard(shard.id, next).then(() => true, refusedWithCode));
    const result = this.#proxy.disarm();
    const found = await stored();
    if (frozen) expect(found, 'frozen,active');
    else if (created) expect(found, 'active', 'frozen,active');
    else expect(found, '', 'active');
    if (found === '') await this.#storage.createShard(shard);
    if (found !== 'frozen,active') await this.#storage.freezeShard(shard.id, next);
    expect(await stored(), 'frozen,active');
    return result;
  }
}
