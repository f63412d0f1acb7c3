import type { CountersignError } from '@countersign/errors';
import type { Appended, AppendRequest } from '@countersign/tree';
import type { Shard } from './shard.ts';

/** Where an upload ended up. */
export type Placed = readonly [Shard, Appended];

/** The way of uploads into the log. */
export interface Uploads {
  /**
   * Appends to the active shard. Resolves when it is durable and shown.
   *
   * Rejects with `ERR_SHARD_FROZEN` when that takes no more, and with what a tree's `append` does.
   */
  append(request: AppendRequest): Promise<Placed>;

  /** Why no uploads are taken, until somebody does something about it. */
  readonly failure: CountersignError | undefined;
}
