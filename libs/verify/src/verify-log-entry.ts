import { keyId, type VerifyKey, verify } from '@countersign/crypto';
import { canonicalJson, equalBytes, toBase64, toHex } from '@countersign/encoding';
import { type Checkpoint, leafHash, openCheckpointV1, parseOriginV1, verifyInclusion } from '@countersign/merkle';
import { parseEntryId, sameEntry } from './entry-id.ts';
import type { LogEntryV1 } from './log-entry-v1.ts';
import { expectSame, refusal, run } from './step.ts';

/** An entry, and what it is held against. */
export interface LogEntryCheck {
  readonly entry: LogEntryV1;
  /** The trusted key of the entry's shard. */
  readonly publicKey: VerifyKey;
  /** The id or UUID that was asked for, when one was. */
  readonly entryId?: string;
  /** The canonical entry made from one's own artifact, signature and key, when they are at hand. */
  readonly expectedBody?: Uint8Array;
}

/**
 * Verifies what a Rekor v1 log promises of an entry, offline. Each step that refuses names itself
 * in `details.step`, with `expected` and `found` where there are two values.
 *
 * The answer is the checkpoint that was proven to hold the entry, for the next consistency check.
 *
 * @throws `ERR_ENTRY_MISMATCH`, `ERR_PROOF_INVALID`, `ERR_CHECKPOINT_INVALID`, `ERR_SIGNATURE_INVALID`;
 * `ERR_MALFORMED` for an `entryId` that is none
 */
export function verifyLogEntry({ entry, publicKey, entryId, expectedBody }: LogEntryCheck): Checkpoint {
  const id = parseEntryId(entry.id);
  const proof = entry.inclusionProof;

  // 1. It is the entry that was asked for.
  if (entryId !== undefined && !sameEntry(parseEntryId(entryId), id)) {
    expectSame('entry id', 'ERR_ENTRY_MISMATCH', entryId, entry.id);
  }

  // 2. Its id is the hash of its body.
  const leaf = leafHash(entry.body);
  expectSame('leaf hash', 'ERR_ENTRY_MISMATCH', id.uuid, toHex(leaf));

  // 3. It is from the log whose key is trusted.
  expectSame('log id', 'ERR_ENTRY_MISMATCH', toHex(keyId(publicKey)), entry.logId);

  // 4. It says what we would have logged, byte for byte.
  if (expectedBody !== undefined && !equalBytes(expectedBody, entry.body)) {
    const [expected, found] = [toHex(leafHash(expectedBody)), toHex(leaf)];
    const message = `body: expected the entry with leaf hash ${expected}, got ${found}`;
    throw refusal('body', 'ERR_ENTRY_MISMATCH', message, { expected, found });
  }

  // 5. The proof leads from it to a root …
  run('inclusion proof', () =>
    verifyInclusion({
      leafHash: leaf,
      index: proof.logIndex,
      size: proof.treeSize,
      hashes: proof.hashes,
      root: proof.rootHash,
    }),
  );

  // 6. … which the log signed, for a tree of this size and name.
  const checkpoint = run('checkpoint', () => openCheckpointV1(proof.checkpoint, publicKey, verify));
  expectSame('tree head', 'ERR_CHECKPOINT_INVALID', proof.treeSize, checkpoint.size);
  expectSame('tree head', 'ERR_CHECKPOINT_INVALID', toHex(proof.rootHash), toHex(checkpoint.root));
  if (id.treeId !== undefined) {
    const { treeId } = run('tree id', () => parseOriginV1(checkpoint.origin), 'ERR_CHECKPOINT_INVALID');
    expectSame('tree id', 'ERR_CHECKPOINT_INVALID', id.treeId, treeId);
  }

  // 7. The log signed when it took the entry, and at which index.
  const { integratedTime, logId: logID, logIndex } = entry;
  const message = canonicalJson({ body: toBase64(entry.body), integratedTime, logID, logIndex });
  if (!verify(publicKey, { message }, entry.signedEntryTimestamp)) {
    throw refusal(
      'signed entry timestamp',
      'ERR_SIGNATURE_INVALID',
      `signed entry timestamp: the log did not sign this body with index ${logIndex} and time ${integratedTime}`,
      { found: { logIndex, integratedTime } },
    );
  }
  return checkpoint;
}
