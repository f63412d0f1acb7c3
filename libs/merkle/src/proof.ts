import { emptyRoot, type Hash, nodeHash } from './hash.ts';
import type { Node } from './node.ts';
import type { ProofPlan } from './proof-plan.ts';

/** The hash over complete subtrees that lie side by side, left to right, associated to the right as RFC 6962 §2.1 does. */
export function foldNodes(hashes: readonly Hash[]): Hash {
  return hashes.length === 0 ? emptyRoot : hashes.reduceRight((right, left) => nodeHash(left, right));
}

/** The proof a plan describes. `lookup` answers with the hash of each of its nodes. */
export function buildProof(plan: ProofPlan, lookup: (node: Node) => Hash): Hash[] {
  return plan.map((nodes) => foldNodes(nodes.map(lookup)));
}
