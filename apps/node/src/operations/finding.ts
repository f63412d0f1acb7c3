import type { Fault } from '@countersign/tree';

/** What is to be done about a finding, by its kind. */
export const cures = {
  data: 'Stop the node. Keep a copy of the data folder, check the disk, and restore the newest backup (docs/operating.md, "Damaged data").',
  rollback:
    'The data are older than what was signed, or another history: signing on would fork the log. Restore the newest data (docs/operating.md, "Restore").',
  anchor:
    'Keep the anchor file. If the data are sound otherwise, it is the damaged part: move it away, and the next start writes a new one (docs/operating.md, "Damaged data").',
  key: 'Put the right key file back, mode 0600, from a backup (docs/operating.md, "Lost key").',
  index: 'The search index is derived: it is made again at the next start.',
} as const;

/** What kind of thing is wrong. */
export type Cure = keyof typeof cures;

/** Something in a data folder that is not as it must be. */
export interface Finding extends Pick<Fault, 'what' | 'expected' | 'found'> {
  /** A shard by its tree id, or a file. */
  readonly where: string;
  readonly cure: Cure;
}

/** A fault of a shard's tree as a finding. */
export function treeFinding(treeId: string, { what, expected, found, rolledBack }: Fault): Finding {
  const compared = expected === undefined ? {} : { expected, found: `${found}` };
  const cure = rolledBack ? 'rollback' : what.startsWith('the anchor file') ? 'anchor' : 'data';
  return { where: `shard ${treeId}`, what, ...compared, cure };
}

/** A finding as one line. */
export function findingText({ where, what, expected, found }: Finding): string {
  return `${where}: ${what}${expected === undefined ? '' : ` (expected ${expected}, found ${found})`}`;
}
