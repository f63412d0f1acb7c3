import type { VirtualIndex } from './indexes.ts';

/** An entry as the v1 API shows it, with the proof and the promise made for this answer. */
export interface LogEntry {
  /** 80 hex digits: tree id and leaf hash. */
  readonly id: string;
  /** The canonical entry, base64. */
  readonly body: string;
  /** Seconds since 1970, fixed when the entry was sequenced. */
  readonly integratedTime: number;
  /** Hex SHA-256 of the shard key's SubjectPublicKeyInfo. */
  readonly logId: string;
  /** The position over all shards. */
  readonly logIndex: VirtualIndex;
  /** What is kept beside the entry, base64; no part of what is signed. */
  readonly attestation?: string | undefined;
  readonly inclusionProof: {
    /** The signed note over `rootHash` and `treeSize`. */
    readonly checkpoint: string;
    /** Hex, leaf to root. */
    readonly hashes: readonly string[];
    /** The position inside the shard. */
    readonly logIndex: number;
    readonly rootHash: string;
    readonly treeSize: number;
  };
  /** The shard's signature over {@link setPayload}, base64. */
  readonly signedEntryTimestamp: string;
}

/** What a signed entry timestamp covers. */
export type SetFields = Pick<LogEntry, 'body' | 'integratedTime' | 'logId' | 'logIndex'>;

/**
 * The bytes a signed entry timestamp (SET) signs: RFC 8785 JSON of `body`, `integratedTime`,
 * `logID` and `logIndex`. Base64, hex and integers need no escapes and the names stand in
 * order, so the template is the canonical form.
 */
export function setPayload({ body, integratedTime, logId, logIndex }: SetFields): string {
  return `{"body":"${body}","integratedTime":${integratedTime},"logID":"${logId}","logIndex":${logIndex}}`;
}

/** Writes an entry as the v1 API's `LogEntry`: an object with one member, named by the entry's ID. */
export function logEntryJson(entry: LogEntry): string {
  const proof = entry.inclusionProof;
  const hashes = proof.hashes.length === 0 ? '' : `"${proof.hashes.join('","')}"`;
  const attestation = entry.attestation === undefined ? '' : `"attestation":{"data":"${entry.attestation}"},`;
  return (
    `{"${entry.id}":{${attestation}"body":"${entry.body}","integratedTime":${entry.integratedTime},"logID":"${entry.logId}",` +
    `"logIndex":${entry.logIndex},"verification":{"inclusionProof":{"checkpoint":${JSON.stringify(proof.checkpoint)},` +
    `"hashes":[${hashes}],"logIndex":${proof.logIndex},"rootHash":"${proof.rootHash}","treeSize":${proof.treeSize}},` +
    `"signedEntryTimestamp":"${entry.signedEntryTimestamp}"}}}`
  );
}
