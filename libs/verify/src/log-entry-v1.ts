import type { JsonObject, JsonValue } from '@countersign/encoding';
import { CountersignError, malformed } from '@countersign/errors';
import { type Hash, merkleLimits } from '@countersign/merkle';
import { parseEntryId } from './entry-id.ts';
import { type Field, readBase64, readCount, readHash, readHashes, readObject, readString } from './fields.ts';
import { limits } from './limits.ts';

/** Where an entry stands in the tree of its shard, and the checkpoint that vouches for that tree. */
export interface InclusionProofV1 {
  /** The signed note, as sent. */
  readonly checkpoint: string;
  /** From the leaf to the root. */
  readonly hashes: readonly Hash[];
  /** The index within the shard. */
  readonly logIndex: number;
  readonly rootHash: Hash;
  readonly treeSize: number;
}

/** An entry as a Rekor v1 log serves it: parsed, and nothing of it verified. */
export interface LogEntryV1 {
  /** As the log names it: 80 hex digits, or the 64 of the UUID alone. */
  readonly id: string;
  /** The leaf: the canonical entry. */
  readonly body: Uint8Array;
  /** Seconds since 1970. */
  readonly integratedTime: number;
  /** Lower-case hex of SHA-256 of the log's SubjectPublicKeyInfo. */
  readonly logId: string;
  /** The index over all shards. */
  readonly logIndex: number;
  /** Data kept beside the log; nothing signs it here. */
  readonly attestation: Uint8Array | undefined;
  /** The log's signature over body, time, log id and index (SET). */
  readonly signedEntryTimestamp: Uint8Array;
  readonly inclusionProof: InclusionProofV1;
}

/**
 * Reads one entry: an object whose only member is named by the entry's id. Members that are not known are passed over.
 *
 * @throws `ERR_MALFORMED`; `ERR_TOO_LARGE` where a part is over its limit
 */
export function parseLogEntryV1(json: JsonValue): LogEntryV1 {
  const entries = Object.entries(readObject(json, 'log entry'));
  const [first] = entries;
  if (first === undefined || entries.length > 1) throw malformed('log entry', `${entries.length} entries, not one`);
  const [id, value] = first;
  parseEntryId(id);
  const entry = readObject(value, 'log entry');
  const verification = readObject(entry.verification, 'verification of the log entry');
  const { signedEntryTimestamp } = verification;
  readHash(entry.logID, 'logID');
  return {
    id,
    body: readBase64(entry.body, 'body of the log entry', limits.bodyBytes),
    integratedTime: readCount(entry.integratedTime, 'integratedTime'),
    logId: readString(entry.logID, 'logID'),
    logIndex: readCount(entry.logIndex, 'logIndex'),
    attestation: readAttestation(entry.attestation),
    signedEntryTimestamp: readBase64(signedEntryTimestamp, 'signedEntryTimestamp', limits.timestampBytes),
    inclusionProof: readInclusionProof(readObject(verification.inclusionProof, 'inclusionProof')),
  };
}

function readInclusionProof({ checkpoint, hashes, logIndex, rootHash, treeSize }: JsonObject): InclusionProofV1 {
  return {
    checkpoint: readCheckpointText(checkpoint, 'checkpoint of the inclusion proof'),
    hashes: readHashes(hashes, 'hashes of the inclusion proof'),
    logIndex: readCount(logIndex, 'logIndex of the inclusion proof'),
    rootHash: readHash(rootHash, 'rootHash of the inclusion proof'),
    treeSize: readCount(treeSize, 'treeSize of the inclusion proof'),
  };
}

/** The text of a signed checkpoint; whether it is one is seen when it is opened. */
export function readCheckpointText(value: Field, what: string): string {
  const text = readString(value, what);
  if (text.length <= merkleLimits.maxNoteBytes) return text;
  throw new CountersignError('ERR_TOO_LARGE', `${what} may have ${merkleLimits.maxNoteBytes} bytes`, {
    details: { limit: merkleLimits.maxNoteBytes },
  });
}

function readAttestation(value: Field): Uint8Array | undefined {
  if (value === undefined || value === null) return undefined;
  const { data } = readObject(value, 'attestation');
  if (data === undefined || data === null) return undefined;
  return readBase64(data, 'attestation', limits.attestationBytes);
}
