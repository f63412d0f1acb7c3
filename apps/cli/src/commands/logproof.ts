import { toHex } from '@countersign/encoding';
import type { Io } from '../io.ts';
import type { LogOptions, ProofOptions } from '../options.ts';
import { LogSession } from '../session.ts';
import { printResult } from '../text/print-result.ts';
import { usage } from '../usage.ts';

/** `countersign logproof`: shows the consistency proof the log gives. It verifies nothing; `loginfo` does. */
export async function run(options: LogOptions & ProofOptions, io: Io): Promise<void> {
  const { firstSize, lastSize, treeId } = options;
  if (lastSize === undefined) throw usage('last-size must be specified');
  if (firstSize > lastSize) throw usage('last-size must be >= to first-size');
  await LogSession.with(options, io, async (log) => {
    const proof = await log.client.proof(firstSize, lastSize, treeId);
    const root = toHex(proof.rootHash);
    const hashes = proof.hashes.map((hash) => toHex(hash));
    printResult(io, options.format, {
      text: `Current Root Hash: ${root}\nHashes: [${hashes.join(',')}]\n`,
      json: { RootHash: root, Hashes: hashes },
    });
  });
}
