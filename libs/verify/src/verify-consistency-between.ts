import { type VerifyKey, verify } from '@countersign/crypto';
import { equalBytes } from '@countersign/encoding';
import { CountersignError, type ErrorCode, hasCode } from '@countersign/errors';
import { type Checkpoint, type Hash, openCheckpointV1, parseOriginV1, verifyConsistency } from '@countersign/merkle';

/** How a log stands to what it showed before. */
export type Continuity = 'equal' | 'grown';

/**
 * Verifies that the tree of one v1 checkpoint extends that of an older one of the same shard
 * (RFC 9162 §2.1.4). Both are signed notes, as stored and as shown, and `publicKey` must have
 * signed them. `hashes` is the log's consistency proof, empty when the sizes are equal or the old one is 0.
 *
 * The errors carry both notes in `details.stored` and `details.shown`: they are the evidence.
 *
 * @throws `ERR_CHECKPOINT_INVALID` when one of the two is not signed by the key, or they are of different trees
 * @throws `ERR_LOG_SHRUNK` when the new tree is smaller
 * @throws `ERR_LOG_FORKED` when both have one size and two roots, or the proof does not lead from one to the other
 */
export function verifyConsistencyBetween(
  stored: string,
  shown: string,
  hashes: readonly Hash[],
  publicKey: VerifyKey,
): Continuity {
  const refuse = (code: ErrorCode, message: string, cause?: unknown): CountersignError =>
    new CountersignError(code, message, { details: { stored, shown }, cause });
  const open = (text: string, which: string): Checkpoint & { readonly treeId: string } => {
    try {
      const checkpoint = openCheckpointV1(text, publicKey, verify);
      return { ...checkpoint, treeId: parseOriginV1(checkpoint.origin).treeId };
    } catch (cause) {
      if (!hasCode(cause)) throw cause;
      throw refuse('ERR_CHECKPOINT_INVALID', `the ${which} checkpoint: ${cause.message}`, cause);
    }
  };
  const before = open(stored, 'stored');
  const now = open(shown, 'shown');
  // A log that moves may change its host name; its tree stays.
  if (now.treeId !== before.treeId) {
    throw refuse('ERR_CHECKPOINT_INVALID', `a checkpoint of tree ${before.treeId} and one of tree ${now.treeId}`);
  }
  if (now.size < before.size) {
    throw refuse('ERR_LOG_SHRUNK', `tree ${now.treeId} had ${before.size} entries and now shows ${now.size}`);
  }
  if (now.size === before.size) {
    if (equalBytes(now.root, before.root)) return 'equal';
    throw refuse('ERR_LOG_FORKED', `tree ${now.treeId} showed two different trees of ${now.size} entries`);
  }
  try {
    verifyConsistency({ first: before.size, second: now.size, firstRoot: before.root, secondRoot: now.root, hashes });
  } catch (cause) {
    if (!hasCode(cause, 'ERR_PROOF_INVALID')) throw cause;
    const why = `cannot prove that its ${now.size} entries extend the ${before.size} seen before`;
    throw refuse('ERR_LOG_FORKED', `tree ${now.treeId} ${why}`, cause);
  }
  return 'grown';
}
