import type { VerifyKey } from '@countersign/crypto';
import { verify } from '@countersign/crypto';
import { CountersignError } from '@countersign/errors';
import { openCheckpointV1, parseOriginV1, readCheckpoint } from '@countersign/merkle';
import { type ConsistencyProofV1, type Continuity, verifyConsistencyBetween } from '@countersign/verify';

/** What {@link checkContinuity} compares. */
export interface ContinuityCheck {
  /** The tree the log says it is, decimal. */
  readonly treeId: string;
  /** The signed checkpoint stored at the last contact. */
  readonly stored: string | undefined;
  /** The signed checkpoint shown now. */
  readonly shown: string;
  /** The key of the log, which must have signed both. */
  readonly publicKey: VerifyKey;
  /** Asks the log for a consistency proof. */
  readonly proof: (first: number, last: number) => Promise<ConsistencyProofV1>;
}

/**
 * Verifies the checkpoint a log shows now, and that its tree extends the one it showed before,
 * asking the log for the proof where that takes one.
 *
 * @throws `ERR_CHECKPOINT_INVALID` when the log's key did not sign one of the two, or one is of another tree,
 *   `ERR_LOG_SHRUNK` when the log is smaller than before,
 *   `ERR_LOG_FORKED` when it shows another history; and what `proof` throws.
 *   Both checkpoints are in `details.stored` and `details.shown`: the evidence
 */
export async function checkContinuity(check: ContinuityCheck): Promise<Continuity | 'first-contact'> {
  const { treeId, stored, shown, publicKey } = check;
  const now = openCheckpointV1(shown, publicKey, verify);
  if (parseOriginV1(now.origin).treeId !== treeId) {
    throw new CountersignError(
      'ERR_CHECKPOINT_INVALID',
      `the checkpoint is of another tree than ${treeId}: ${now.origin}`,
    );
  }
  if (stored === undefined) return 'first-contact';
  const before = readCheckpoint(stored).checkpoint;
  const { hashes } = before.size < now.size ? await check.proof(before.size, now.size) : { hashes: [] };
  return verifyConsistencyBetween(stored, shown, hashes, publicKey);
}
