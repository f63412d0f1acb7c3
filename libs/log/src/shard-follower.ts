import { existsSync } from 'node:fs';
import { copyKeyFile } from '@countersign/crypto';
import { equalBytes } from '@countersign/encoding';
import { CountersignError, hasCode } from '@countersign/errors';
import type { ShardRecord } from '@countersign/tree';
import { keyFile, openShard, type Shard, type ShardPlace } from './shard.ts';
import { logShards } from './shard-list.ts';
import type { Shards } from './shards.ts';
import { isStorageFailure } from './storage-failure.ts';

/** Keeps the shards of a node as another node makes them: their trees, that one was frozen, that one was begun. */
export class ShardFollower {
  readonly #shards: Shards;
  readonly #place: ShardPlace;
  readonly #opened: (shard: Shard) => void;
  #isBehind = false;

  /** @param opened called in the step that makes a shard the active one */
  constructor(shards: Shards, place: ShardPlace, opened: (shard: Shard) => void) {
    this.#shards = shards;
    this.#place = place;
    this.#opened = opened;
  }

  /** Whether the log takes nothing: its last shard is frozen, and none follows. */
  get isFrozen(): boolean {
    return this.#shards.active.tree.frozen && !this.#isBehind;
  }

  /**
   * Shows what was committed, frozen and begun. Not again before it has settled.
   *
   * @param leads whether this node holds the lease: then it makes the empty tree of a shard that has none yet
   * @throws what a tree's `catchUp` refuses with; `ERR_SIGNER` when the key of a new shard is not here: the node goes on
   * with the older ones; `ERR_TREE_ROLLED_BACK` when a shard is gone
   */
  async catchUp(leads: boolean): Promise<void> {
    // Before the tree: one that is frozen in these has its last size when it is read after them.
    const records = await logShards(this.#place.storage);
    const { record, tree } = this.#shards.active;
    const at = records.findIndex(({ treeId }) => treeId === record.treeId);
    if (at === -1) throw this.#stopped(gone(record));
    await tree.catchUp();
    if (records[at]?.state === 'frozen') tree.frozenElsewhere();
    for (const next of records.slice(at + 1)) {
      this.#isBehind = true;
      // The node that begins it will have made its tree in a moment.
      if (!leads && (await this.#place.storage.latest(next.id)) === undefined) return;
      await this.#open(next, records);
    }
    this.#isBehind = false;
    this.#shards.doubt = undefined;
  }

  async #open(record: ShardRecord, records: readonly ShardRecord[]): Promise<void> {
    try {
      const shard = await openFollowed(record, records, this.#place);
      this.#shards.add(shard);
      this.#opened(shard);
    } catch (error) {
      throw isStorageFailure(error) ? error : this.#stopped(error);
    }
  }

  /** Has the log take nothing until this is found to be well again. */
  #stopped(error: unknown): unknown {
    if (error instanceof CountersignError) this.#shards.doubt = error;
    return error;
  }
}

/**
 * Opens a shard that another node may write. Its key is taken from an older shard of the same key where it is missing:
 * a roll that keeps the key needs nothing to be copied.
 *
 * @throws what {@link openShard} refuses with
 */
export async function openFollowed(
  record: ShardRecord,
  records: readonly ShardRecord[],
  place: ShardPlace,
): Promise<Shard> {
  const file = keyFile(place.keyFolder, record.treeId);
  if (!existsSync(file)) {
    const same = records
      .filter(({ publicKey }) => equalBytes(publicKey, record.publicKey))
      .map(({ treeId }) => keyFile(place.keyFolder, treeId))
      .find((path) => existsSync(path));
    if (same !== undefined) await copyKeyFile(same, file);
  }
  try {
    return await openShard(record, place, true);
  } catch (error) {
    if (!hasCode(error, 'ERR_SIGNER')) throw error;
    const cure = `every node needs the keys of all shards: copy ${file} from a node that has it`;
    throw new CountersignError('ERR_SIGNER', `${error.message}; ${cure}`, { cause: error });
  }
}

function gone({ id, treeId }: ShardRecord): CountersignError {
  return new CountersignError(
    'ERR_TREE_ROLLED_BACK',
    `shard ${treeId} is not in the database any more, which is older than what this node has shown: restore the newest data`,
    { details: { shard: id } },
  );
}
