import { CountersignError } from '@countersign/errors';
import { parseOriginV1 } from '@countersign/merkle';
import type { AppendRequest, Growth, ShardRecord } from '@countersign/tree';
import { type NewShard, openShard, prepareShard, type Shard, type ShardPlace } from './shard.ts';
import { logShards } from './shard-list.ts';
import { Shards } from './shards.ts';

/** What a log that runs has to do with a new shard. */
export interface RollHooks {
  /** Rejects when the shards are not to be changed here. Called first. */
  readonly mayChange?: () => Promise<void>;
  /** Makes the shard's first entry; nothing when it begins empty. Called before anything has changed. */
  readonly firstEntry: (shard: NewShard) => Promise<AppendRequest | undefined>;
  /** Called in the step that makes the shard the active one, with what was committed to it by then. */
  readonly onRolled: (shard: Shard, committed: readonly Growth[]) => void;
}

/**
 * Changes the shards of a log while it takes uploads, one change after the other. Each is one transaction: whenever
 * the process ends, a log has either the shards it had or those it was to have.
 */
export class ShardAdmin {
  readonly #shards: Shards;
  readonly #place: ShardPlace;
  readonly #hooks: RollHooks | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(shards: Shards, place: ShardPlace, hooks?: RollHooks) {
    this.#shards = shards;
    this.#place = place;
    this.#hooks = hooks;
  }

  /**
   * Freezes the active shard, if it is not frozen, and begins a new one, of the same name. Uploads under way end up in
   * the one or the other; none is refused for it.
   *
   * @param newKey whether the new shard gets a key of its own; it has the old one's otherwise
   * @throws `ERR_SIGNER`, `ERR_STORAGE` and what admission refuses the first entry with; the log is as it was then, but
   * for an unused key file, unless {@link Shards.doubt} is set
   */
  roll(newKey: boolean): Promise<void> {
    return this.#inTurn(async () => {
      const before = this.#shards.active;
      const { hostname } = parseOriginV1(before.record.origin);
      const id = Math.max(...(await this.#place.storage.shards()).map((shard) => shard.id)) + 1;
      const made = await prepareShard(id, hostname, this.#place, newKey ? undefined : before.record);
      // Its key stays, also when what follows fails: a database may bring back at the next start what it said it had not
      // stored, and a shard without its key would stop that start.
      const first = await this.#hooks?.firstEntry(made);
      await before.tree.freeze(async () => {
        await this.#store(before.record, made.record);
        await this.#begin(made.record, first);
      });
    });
  }

  /** Freezes the active shard: the log can be read, and takes nothing until it is rolled. */
  freeze(): Promise<void> {
    return this.#inTurn(async () => {
      const { record, tree } = this.#shards.active;
      await tree.freeze(() => this.#store(record));
    });
  }

  /** Resolves when no change is under way. */
  async settled(): Promise<void> {
    await this.#last;
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#last.then(async () => {
      await this.#hooks?.mayChange?.();
      if (this.#shards.doubt !== undefined) throw this.#shards.doubt;
      await change();
      if (this.#shards.doubt !== undefined) throw this.#shards.doubt;
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  async #store(before: ShardRecord, successor?: ShardRecord): Promise<void> {
    const { storage } = this.#place;
    try {
      await storage.freezeShard(before.id, successor);
    } catch (cause) {
      const stored = await storage.shards().catch(() => {
        throw this.#fail('it cannot be told whether the last change of its shards was stored', cause);
      });
      const isStored = successor
        ? stored.some(({ treeId }) => treeId === successor.treeId)
        : stored.some(({ id, state }) => id === before.id && state === 'frozen');
      if (!isStored) throw cause;
    }
  }

  /** Opens a shard that is stored, and makes it the active one. A failure is the log's: the shard is there. */
  async #begin(record: ShardRecord, first: AppendRequest | undefined): Promise<void> {
    try {
      const shard = await openShard(record, this.#place);
      const committed: Growth[] = [];
      shard.tree.watch((batch) => committed.push(batch));
      if (first !== undefined) await shard.tree.append(first);
      this.#shards.add(shard);
      this.#hooks?.onRolled(shard, committed);
    } catch (cause) {
      this.#fail(`its new shard ${record.treeId} cannot be opened`, cause);
    }
  }

  #fail(why: string, cause: unknown): CountersignError {
    const message = `the log takes no more entries: ${why}. Entries acknowledged before are safe. Find the cause and start again`;
    this.#shards.doubt = new CountersignError('ERR_STORAGE', message, { cause });
    return this.#shards.doubt;
  }
}

/** The shards of a log that no node runs on, open to be changed. */
export interface OpenShards {
  readonly admin: ShardAdmin;
  /** Closes the trees. The storage is the caller's. */
  close(): Promise<void>;
}

/**
 * Opens the shards of a log that no node runs on. A shard that is begun gets its first entry when a node starts.
 *
 * @throws `ERR_STORAGE` when there is no log, and what {@link openShard} refuses with
 */
export async function openShardAdmin(place: ShardPlace): Promise<OpenShards> {
  const shards = await Shards.open(await logShards(place.storage), place);
  return { admin: new ShardAdmin(shards, place), close: () => shards.close() };
}
