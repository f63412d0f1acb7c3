import { toHex } from '@countersign/encoding';
import { leafHash, nodeHash } from '@countersign/merkle';
import type { LogEntryV1 } from '@countersign/verify';

/** An inclusion proof worked through, as `rekor-cli verify` prints it. The proof has been verified before. */
export function proofText({ body, inclusionProof }: LogEntryV1): string {
  const { rootHash, logIndex, treeSize, checkpoint, hashes } = inclusionProof;
  const leaf = leafHash(body);
  const lines = [
    `Current Root Hash: ${toHex(rootHash)}`,
    `Entry Hash: ${toHex(leaf)}`,
    `Entry Index in Current Tree: ${logIndex}`,
    `Current Tree Size: ${treeSize}`,
    `Checkpoint:\n${checkpoint}\n`,
    'Inclusion Proof:',
  ];
  let result: Uint8Array = leaf;
  let node = logIndex;
  let last = treeSize - 1;
  for (const hash of hashes) {
    // A right edge without sibling climbs until it is a right child.
    while (node === last && node % 2 === 0 && node > 0) {
      node /= 2;
      last = Math.floor(last / 2);
    }
    const [left, right] = node % 2 === 1 ? [hash, result] : [result, hash];
    result = nodeHash(left, right);
    lines.push(`SHA256(0x01 | ${toHex(left)} | ${toHex(right)}) =\n\t${toHex(result)}\n`);
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  lines.push(`Computed Root Hash: ${toHex(result)}`, `Expected Root Hash: ${toHex(rootHash)}`);
  return `${lines.join('\n')}\n`;
}
