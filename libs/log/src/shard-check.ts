import { fileSigner, parseSpki, verify } from '@countersign/crypto';
import { equalBytes } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { openCheckpointV1 } from '@countersign/merkle';
import type { ReadCheckpoint, ShardRecord } from '@countersign/tree';

/** Reads checkpoints of a shard by its public key alone: what verifies a log that is not open. */
export function checkpointReader({ origin, publicKey }: ShardRecord): ReadCheckpoint {
  const key = parseSpki(publicKey);
  return (text) => {
    const checkpoint = openCheckpointV1(text, key, verify);
    if (checkpoint.origin === origin) return checkpoint;
    throw new CountersignError('ERR_CHECKPOINT_INVALID', `the checkpoint is of ${checkpoint.origin}, not of ${origin}`);
  };
}

/**
 * Checks that a file holds the private key of a shard.
 *
 * @throws `ERR_SIGNER` when it does not, or cannot be read
 */
export async function checkKeyFile(
  path: string,
  { publicKey, origin }: ShardRecord,
  passphrase?: string,
): Promise<void> {
  const options = {
    algorithm: 'ecdsa-p256',
    create: false,
    ...(passphrase === undefined ? {} : { passphrase }),
  } as const;
  const signer = await fileSigner(path, options);
  if (equalBytes(signer.publicKey.spki, publicKey)) return;
  throw new CountersignError('ERR_SIGNER', `${path} is not the key of shard ${origin}`);
}
