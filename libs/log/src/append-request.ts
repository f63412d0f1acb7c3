import type { CanonicalEntry } from '@countersign/plugin-host';
import { writeAnnex } from '@countersign/search';
import type { AppendRequest } from '@countersign/tree';

/**
 * An admitted entry as a tree takes it: its body, and beside it what it is found by, and its attestation where that has at
 * most `attestationBytes`.
 */
export function appendRequest(
  { body, indexKeys, attestation }: CanonicalEntry,
  attestationBytes?: number,
): AppendRequest {
  const isKept = attestation !== undefined && attestation.length <= (attestationBytes ?? -1);
  return { data: body, annex: writeAnnex(indexKeys), ...(isKept && { attachment: attestation }) };
}
