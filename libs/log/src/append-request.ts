import type { CanonicalEntry } from '@countersign/plugin-host';
import { writeAnnex } from '@countersign/search';
import type { AppendRequest } from '@countersign/tree';

/** An admitted entry as a tree takes it: its body, and beside it what it is found by. */
export function appendRequest({ body, indexKeys }: CanonicalEntry): AppendRequest {
  return { data: body, annex: writeAnnex(indexKeys) };
}
