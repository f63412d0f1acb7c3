import { toHex } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { checkpointReader, v1Kind } from '@countersign/log';
import {
  type AnchorFile,
  checkStoredTree,
  openSqliteReader,
  type ShardRecord,
  type TreeReader,
} from '@countersign/tree';
import type { BackedUpShard } from './manifest.ts';

/** A shard of a database that nobody writes. */
export interface StoredShard {
  readonly record: ShardRecord;
  readonly backedUp: BackedUpShard;
}

/** The anchor of a shard, where there is one. */
type AnchorOf = (record: ShardRecord) => Pick<AnchorFile, 'path' | 'read'> | undefined;

/**
 * Checks every shard of a database that nobody writes, as a start does.
 *
 * @param anchorOf what a shard's tree has to extend
 * @throws `ERR_TREE_CORRUPT`, `ERR_TREE_ROLLED_BACK`, `ERR_STORAGE`
 */
export async function checkShards(path: string, anchorOf?: AnchorOf): Promise<readonly StoredShard[]> {
  const storage = await openSqliteReader(path);
  try {
    return await checkShardsIn(storage, path, anchorOf);
  } finally {
    await storage.close();
  }
}

/**
 * The same of a database that is open.
 *
 * @param name what it is called in a refusal
 */
export async function checkShardsIn(
  storage: TreeReader,
  name: string,
  anchorOf: AnchorOf = () => undefined,
): Promise<readonly StoredShard[]> {
  const records = (await storage.shards()).filter(({ kind }) => kind === v1Kind);
  if (records.length === 0) throw new CountersignError('ERR_STORAGE', `${name} has no shard`);
  const shards: StoredShard[] = [];
  for (const record of records) shards.push(await checkShard(storage, record, anchorOf(record)));
  return shards;
}

async function checkShard(
  storage: TreeReader,
  record: ShardRecord,
  anchor: Pick<AnchorFile, 'path' | 'read'> | undefined,
): Promise<StoredShard> {
  const { id, treeId, origin } = record;
  const stored = await checkStoredTree({
    storage,
    shard: id,
    readCheckpoint: checkpointReader(record),
    ...(anchor && { anchor }),
  });
  if (stored === undefined) {
    throw new CountersignError('ERR_STORAGE', `shard ${treeId} has no checkpoint: start the node once to complete it`);
  }
  const { size, root, checkpoint } = stored;
  return { record, backedUp: { id, treeId, origin, size, root: toHex(root), checkpoint } };
}
