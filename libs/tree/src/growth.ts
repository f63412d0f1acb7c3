import type { Snapshot } from './shard.ts';
import type { NewLeaf } from './storage.ts';

/** What became visible of a tree in one step: by a commit of this process, or read from another one's. */
export interface Growth {
  /** The shard's id. */
  readonly shard: number;
  /** The index of the first of these leaves. Higher than the tree's size before when leaves were left out. */
  readonly first: number;
  /** Up to the snapshot's size. */
  readonly leaves: readonly Pick<NewLeaf, 'hash' | 'integratedTime' | 'annex'>[];
  readonly snapshot: Snapshot;
}
