import { CountersignError } from '@countersign/errors';

const storedTree =
  'The stored tree is damaged. Do not run with this data any further and do not delete it: ' +
  'keep a copy of the data folder, check the disk, and restore the newest backup.';

/**
 * The refusal of a damaged tree. `what` says which part of the shard is wrong; the message
 * goes on with what it means and what to do.
 */
export function corrupt(
  shard: number,
  what: string,
  details: { readonly expected?: string; readonly found?: string } = {},
  cause?: unknown,
  cure: string = storedTree,
): CountersignError {
  const compared = details.expected === undefined ? '' : ` (expected ${details.expected}, found ${details.found})`;
  return new CountersignError('ERR_TREE_CORRUPT', `shard ${shard}: ${what}${compared}. ${cure}`, {
    cause,
    details: { shard, what, ...details },
  });
}
