import type { Advance, IndexShard } from './indexer.ts';

/** What the worker is started with. */
export interface WorkerFiles {
  /** The path of the index. */
  readonly index: string;
  /** Where the log is: a path, or the URL of a database. */
  readonly log: string;
}

/** What the worker is asked; it answers one request after the other. */
export type WorkerRequest =
  | { readonly type: 'open'; readonly shards: readonly IndexShard[]; readonly renew: boolean }
  | { readonly type: 'advance'; readonly shard: IndexShard; readonly batchLeaves: number }
  | { readonly type: 'close' };

/** The answer to `open`. */
export interface Opened {
  /** Leaves that are indexed, by shard. */
  readonly sizes: ReadonlyMap<number, number>;
  /** Why the index that was there was thrown away. */
  readonly discarded: string | undefined;
}

/** What each request is answered with. */
export interface WorkerAnswers {
  readonly open: Opened;
  readonly advance: Advance;
  readonly close: undefined;
}

/** An answer on its way; errors travel as what is needed of them. */
export type WorkerReply =
  | { readonly answer: WorkerAnswers[WorkerRequest['type']] }
  | { readonly failure: { readonly message: string; readonly damaged: boolean } };
