/**
 * Every code a Countersign error can carry: the HTTP status an API answers with,
 * and what the code means to the person who reads it. `docs/errors.md` lists the
 * same rows; a test compares both ways.
 */
export const errorTable = {
  ERR_ADMISSION_DENIED: [
    403,
    'The entry is sound, and a policy of this log does not take it. The message names the policy.',
  ],
  ERR_ALGORITHM_NOT_ALLOWED: [400, 'The key or hash algorithm is not one this log accepts.'],
  ERR_CHECKPOINT_INVALID: [400, 'A checkpoint is malformed, or no trusted key signed it.'],
  ERR_CONFIG_INVALID: [500, 'A flag, environment variable or configuration file has a wrong value.'],
  ERR_DATA_LOCKED: [500, 'Another process is using this data folder.'],
  ERR_ENTRY_EXISTS: [409, 'An equivalent entry is already in the log.'],
  ERR_ENTRY_INVALID: [
    400,
    'The proposed entry does not hold together: a part is missing, contradicts another, or is not allowed.',
  ],
  ERR_ENTRY_KIND_UNKNOWN: [422, 'No loaded plugin provides this kind of entry.'],
  ERR_ENTRY_MISMATCH: [400, 'A log entry is not about the artifact, signature or key it was checked against.'],
  ERR_ENTRY_NOT_FOUND: [404, 'The log has no such entry.'],
  ERR_ENTRY_VERSION_UNKNOWN: [400, 'The kind is known, this apiVersion of it is not.'],
  ERR_HTTP_ACCEPT: [406, 'The client accepts none of the media types there are.'],
  ERR_HTTP_CONTENT_TYPE: [415, 'The body is of a media type that is not taken here.'],
  ERR_HTTP_METHOD: [405, 'The path is known, the method is not one it takes. The Allow header names those.'],
  ERR_INDEX_BEHIND: [503, 'The search index does not have all entries yet. Try again later.'],
  ERR_INPUT_UNREADABLE: [400, 'A file, address or stream named as input cannot be read.'],
  ERR_INTERNAL: [500, 'A fault of ours. The log line with the same request id says more.'],
  ERR_ISSUER_UNAVAILABLE: [503, 'A token cannot be checked just now: its issuer gives no keys. Try again later.'],
  ERR_LEASE_LOST: [503, 'Another node writes to this log now. What was not acknowledged is not stored.'],
  ERR_LOG_FORKED: [
    400,
    'The log showed two histories that contradict each other. Keep both checkpoints: they are the evidence.',
  ],
  ERR_LOG_SHRUNK: [400, 'The log is smaller than it was before.'],
  ERR_MALFORMED: [400, 'Input that does not parse as what it claims to be.'],
  ERR_NETWORK: [502, 'A server could not be reached, or broke off.'],
  ERR_NOT_AVAILABLE: [501, 'This node does not offer the operation.'],
  ERR_NO_SEQUENCER: [
    503,
    'No node sequences, or it did not answer in time. The upload may be in the log all the same. Try again after the time in Retry-After.',
  ],
  ERR_PLUGIN_INVALID: [500, 'A plugin cannot be loaded: its manifest, its code or its schema is wrong.'],
  ERR_PROOF_INVALID: [400, 'An inclusion or consistency proof does not lead to the root it should.'],
  ERR_PROOF_RANGE: [400, 'A proof was asked for sizes that the tree does not have.'],
  ERR_QUEUE_FULL: [429, 'The log has as many uploads waiting as it takes. Try again after the time in Retry-After.'],
  ERR_RATE_LIMITED: [
    429,
    'An address, a requester or a key uploads more often than this log allows. Try again after the time in Retry-After.',
  ],
  ERR_SCHEMA: [422, 'A value does not fit its schema.'],
  ERR_SEARCH_TOO_BROAD: [400, 'A search has more results than are given at once. Ask for less.'],
  ERR_SERVER_REFUSED: [400, 'The server refused the request.'],
  ERR_SHARD_FROZEN: [405, 'The shard is frozen and takes no more entries.'],
  ERR_SHARD_UNKNOWN: [400, 'The log has no shard with this tree id.'],
  ERR_SHUTTING_DOWN: [503, 'The node is stopping and takes no more uploads.'],
  ERR_SIGNATURE_INVALID: [400, 'A signature does not verify.'],
  ERR_SIGNER: [500, 'A private key cannot be read, made or used.'],
  ERR_STORAGE: [500, 'The database failed, or is not what it must be.'],
  ERR_STORAGE_UNAVAILABLE: [
    503,
    'The database cannot be used just now: its disk is full or fails, or another program holds it. Try again after the time in Retry-After.',
  ],
  ERR_TIMEOUT: [400, 'The work took longer than its limit.'],
  ERR_TOKEN_INVALID: [
    401,
    'A token does not say who sent it: it does not verify, is not for this log, or not for now.',
  ],
  ERR_TOO_LARGE: [413, 'A part of the input is over its size limit.'],
  ERR_TREE_CORRUPT: [500, 'Stored leaves, tiles and checkpoint contradict each other.'],
  ERR_TREE_ROLLED_BACK: [
    500,
    'The stored tree is older than, or does not extend, the newest checkpoint this node signed.',
  ],
  ERR_UNSUPPORTED: [400, 'A format or algorithm that is recognised and not supported.'],
} as const satisfies Record<string, readonly [status: number, meaning: string]>;

/** A stable code of {@link errorTable}. */
export type ErrorCode = keyof typeof errorTable;
