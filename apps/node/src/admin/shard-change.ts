import type { ShardAdmin } from '@countersign/log';

/** What an operator asks to be done to the shards of a log. */
export type ShardChange = 'freeze' | 'roll' | 'roll with a new key';

/** The changes as they are named on the admin socket. */
export const shardChanges: ReadonlyMap<string, ShardChange> = new Map([
  ['/shards/freeze', 'freeze'],
  ['/shards/roll', 'roll'],
  ['/shards/roll-with-new-key', 'roll with a new key'],
]);

/** Does a change. Rejects as `ShardAdmin` does. */
export function applyChange(admin: ShardAdmin, change: ShardChange): Promise<void> {
  return change === 'freeze' ? admin.freeze() : admin.roll(change === 'roll with a new key');
}
