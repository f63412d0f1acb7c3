import type { JsonValue } from '@countersign/encoding';
import { malformed } from '@countersign/errors';
import { formatOriginV1, type Hash } from '@countersign/merkle';
import { readCount, readHash, readHashes, readObject, readString } from './fields.ts';
import { limits } from './limits.ts';
import { readCheckpointText } from './log-entry-v1.ts';

/** The state of one tree, as its log tells it: nothing of it verified. */
export interface ShardInfoV1 {
  /** Decimal, 1 to 2^63-1. */
  readonly treeId: string;
  readonly treeSize: number;
  readonly rootHash: Hash;
  /** The signed note, as sent. */
  readonly checkpoint: string;
}

/** The answer of `GET /api/v1/log`. */
export interface LogInfoV1 {
  readonly active: ShardInfoV1;
  /** Frozen shards, oldest first. */
  readonly inactive: readonly ShardInfoV1[];
}

/** The answer of `GET /api/v1/log/proof`. */
export interface ConsistencyProofV1 {
  /** The root of the tree as it is now, whatever size was asked for. */
  readonly rootHash: Hash;
  readonly hashes: readonly Hash[];
}

/** Reads `GET /api/v1/log`. Throws `ERR_MALFORMED`, `ERR_TOO_LARGE`. */
export function parseLogInfoV1(json: JsonValue): LogInfoV1 {
  const { inactiveShards } = readObject(json, 'log info');
  // Without frozen shards upstream writes null.
  const inactive = inactiveShards ?? [];
  if (!Array.isArray(inactive)) throw malformed('log info', 'inactiveShards is not a list');
  if (inactive.length > limits.inactiveShards) throw malformed('log info', 'too many inactive shards');
  return { active: readShard(json), inactive: inactive.map(readShard) };
}

/** Reads `GET /api/v1/log/proof`. Throws `ERR_MALFORMED`. */
export function parseConsistencyProofV1(json: JsonValue): ConsistencyProofV1 {
  const { rootHash, hashes } = readObject(json, 'consistency proof');
  return {
    rootHash: readHash(rootHash, 'rootHash of the consistency proof'),
    hashes: readHashes(hashes, 'hashes of the consistency proof'),
  };
}

function readShard(json: JsonValue): ShardInfoV1 {
  const { treeID, treeSize, rootHash, signedTreeHead } = readObject(json, 'log info');
  const treeId = readString(treeID, 'treeID');
  // Refuses what is no tree id.
  formatOriginV1({ hostname: '', treeId });
  return {
    treeId,
    treeSize: readCount(treeSize, 'treeSize'),
    rootHash: readHash(rootHash, 'rootHash'),
    checkpoint: readCheckpointText(signedTreeHead, 'signedTreeHead'),
  };
}
