import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasCode } from '@countersign/errors';
import { leafHash, nodeHash, verifyConsistency } from '@countersign/merkle';
import {
  AnchorFile,
  openPostgresReader,
  openPostgresStorage,
  type ShardRecord,
  type SharedStorage,
  Tree,
  type TreeReader,
} from '@countersign/tree';
import { type Fate, type Fault, MessageProxy } from '../../libs/tree/test/message-proxy.ts';
import type { PostgresServer } from '../../libs/tree/test/postgres-server.ts';
import type { Matrix } from './faults.ts';

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
  #signatures = 0;

  private constructor(proxy: MessageProxy, storage: SharedStorage, reader: TreeReader) {
    this.#proxy = proxy;
    this.#storage = storage;
    this.#reader = reader;
  }

  static async start(server: PostgresServer): Promise<PostgresFaults> {
    const database = await server.createDatabase();
    const proxy = await MessageProxy.start(server.port);
    // Long enough for an answer, and short enough for a thousand that do not come.
    const storage = await openPostgresStorage({ url: `${server.url(database, proxy.port)}?query_timeout=300` });
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
    const id = this.#shards;
    return {
      id,
      kind: 'rekor-v1',
      treeId: `${id}`,
      origin: `log.test - ${id}`,
      publicKey: new Uint8Array([1, 2, 3]),
      state: 'active',
      createdAt: 1_700_000_000,
    };
  }

  #openTree(shard: ShardRecord): Promise<Tree> {
    const anchor = new AnchorFile(this.#folder, shard.id, { warn: () => undefined, intervalMs: 0 });
    // Stands for signing. Each checkpoint is another text, as those of ECDSA are.
    const signCheckpoint = async (size: number, root: Uint8Array): Promise<string> => {
      this.#signatures += 1;
      return `${shard.origin}\n${size}\n${Buffer.from(root).toString('base64')}\n\n— log.test ${this.#signatures}\n`;
    };
    return Tree.open({ storage: this.#storage, shard, signCheckpoint, readCheckpoint, anchor, clock: Date.now });
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

/** Takes a refusal with a code as one, and nothing else. */
function refusedWithCode(error: unknown): false {
  if (!hasCode(error)) throw error;
  return false;
}

function readCheckpoint(checkpoint: string): { size: number; root: Uint8Array } {
  const [, size, root] = checkpoint.split('\n');
  return { size: Number(size), root: Buffer.from(root ?? '', 'base64') };
}

let appended = 0;

/** What clients of one tree were told. */
class Told {
  /** Data by index, of everything acknowledged. */
  readonly leaves = new Map<number, string>();
  /** Every checkpoint shown. */
  readonly checkpoints = new Set<string>();

  /** Appends `count` leaves at once, of which no two are equal. What is refused must be refused with a code. */
  async append(tree: Tree, count: number): Promise<void> {
    const one = async (): Promise<void> => {
      appended += 1;
      const data = `leaf ${appended}`;
      try {
        const { index, snapshot } = await tree.append({ data: Buffer.from(data), annex: Buffer.from('{}') });
        if (this.leaves.has(index)) throw new Error(`index ${index} was given twice`);
        this.leaves.set(index, data);
        this.checkpoints.add(snapshot.checkpoint);
      } catch (error) {
        refusedWithCode(error);
      }
    };
    await Promise.all(Array.from({ length: count }, one));
    this.checkpoints.add(tree.snapshot.checkpoint);
  }

  /** Throws unless the tree still is what clients were told, and is whole. */
  async check(tree: Tree, reader: TreeReader): Promise<void> {
    const { size, root } = tree.snapshot;
    const { id } = tree.shard;
    if ((await reader.latest(id))?.checkpoint !== tree.snapshot.checkpoint) throw new Error('others see another tree');
    const leaves = await reader.leaves(id, 0, size + 1);
    if (leaves.length !== size) throw new Error(`${leaves.length} leaves in a tree of ${size}`);
    for (const [index, data] of this.leaves) {
      if (Buffer.from(leaves[index]?.data ?? []).toString() !== data) throw new Error(`leaf ${index} is lost`);
    }
    if (!Buffer.from(rootOf(leaves.map(({ data }) => leafHash(data)))).equals(root)) throw new Error('another root');
    for (const checkpoint of this.checkpoints) {
      const seen = readCheckpoint(checkpoint);
      if (seen.size > size) throw new Error(`the tree has ${size} leaves, and had shown ${seen.size}`);
      const hashes = await tree.consistencyProof(seen.size, size);
      verifyConsistency({ first: seen.size, second: size, firstRoot: seen.root, secondRoot: root, hashes });
    }
  }
}

/** RFC 6962 §2.1, of leaf hashes. */
function rootOf(hashes: readonly Uint8Array[]): Uint8Array {
  const [first] = hashes;
  if (first === undefined) return createHash('sha256').digest();
  if (hashes.length === 1) return first;
  let split = 1;
  while (split * 2 < hashes.length) split *= 2;
  return nodeHash(rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split)));
}
