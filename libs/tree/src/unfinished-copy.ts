import { CountersignError } from '@countersign/errors';

/** Stands for the checkpoint of a shard while it is being copied: no key signs it, so that nothing takes it for one. */
export const unfinishedCopy = 'a copy into this storage was not finished\n';

/**
 * Refuses a shard that is not wholly copied.
 *
 * @throws `ERR_STORAGE`
 */
export function refuseUnfinishedCopy(shard: number, checkpoint: string): void {
  if (checkpoint !== unfinishedCopy) return;
  throw new CountersignError(
    'ERR_STORAGE',
    `shard ${shard}: a copy into this storage was not finished. Run the command that made it again, or empty the storage`,
    { details: { what: 'a copy into this storage was not finished' } },
  );
}
