import type { BackedUpShard } from '@countersign/node';

/** Shards with their sizes and roots, one a line. */
export function shardsText(shards: readonly BackedUpShard[]): string {
  return shards.map(({ origin, size, root }) => `  ${origin}: ${size} entries, root ${root}\n`).join('');
}
