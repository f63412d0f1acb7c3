import { hash } from '@countersign/crypto';
import { toHex } from '@countersign/encoding';
import type { ShardRecord, TreeReader } from '@countersign/tree';
import { type VirtualIndex, virtualIndex } from './indexes.ts';
import { v1Kind } from './shard.ts';

/** A shard as an operator sees it. */
export interface ShardSummary {
  readonly id: number;
  /** Decimal. */
  readonly treeId: string;
  readonly origin: string;
  readonly state: ShardRecord['state'];
  /** Entries in it. */
  readonly size: number;
  /** The index over all shards that its first entry has, or will have. */
  readonly firstIndex: VirtualIndex;
  /** Seconds since 1970. */
  readonly createdAt: number;
  /** Hex SHA-256 of the key's SubjectPublicKeyInfo: the `logID` of its entries. */
  readonly keyFingerprint: string;
}

/** The records of a log's shards, the oldest first. */
export async function logShards(storage: Pick<TreeReader, 'shards'>): Promise<readonly ShardRecord[]> {
  const all = await storage.shards();
  return all.filter(({ kind }) => kind === v1Kind).sort((a, b) => a.id - b.id);
}

/** Describes the shards of a log, the oldest first, from its storage alone: also beside the node that writes it. */
export async function listShards(storage: TreeReader): Promise<readonly ShardSummary[]> {
  const summaries: ShardSummary[] = [];
  let firstIndex = 0;
  for (const { id, treeId, origin, state, createdAt, publicKey } of await logShards(storage)) {
    const size = (await storage.latest(id))?.size ?? 0;
    const keyFingerprint = toHex(hash('sha256', publicKey));
    summaries.push({
      id,
      treeId,
      origin,
      state,
      size,
      firstIndex: virtualIndex(firstIndex),
      createdAt,
      keyFingerprint,
    });
    firstIndex += size;
  }
  return summaries;
}
