import type { CommitBatch, ShardRecord } from '@countersign/tree';
import type { EntryIndex } from './entry-index.ts';
import { entryZero } from './entry-zero.ts';
import { LogSearch } from './log-search.ts';
import { type Admit, LogService } from './log-service.ts';
import { createShard, keyFile, openShard, type Shard, type ShardPlace, v1Kind } from './shard.ts';
import { Shards } from './shards.ts';

/** What {@link openLog} stands on. */
export interface LogSetup extends ShardPlace {
  /** The name a new shard gets; existing shards keep theirs. */
  readonly hostname: string;
  readonly admit: Admit;
  /** Whether an empty log gets an entry about itself first. */
  readonly entryZero: boolean;
  /** Opens the search index over these shards, the oldest first. It is the caller's to close. */
  readonly openIndex: (shards: readonly IndexedShard[]) => Promise<EntryIndex>;
  /** Told of each thing that was made, in words for an operator. */
  readonly onCreated?: (what: string) => void;
}

/** A shard as the search index knows it. */
export interface IndexedShard {
  readonly id: number;
  /** Decimal. */
  readonly treeId: string;
  /** Leaves it has at the start. */
  readonly size: number;
}

/** A log that runs, and the way to stop it. */
export interface OpenLog {
  readonly service: LogService;
  readonly search: LogSearch;
  /** Refuses new uploads, and resolves when every accepted one is durable and answered. */
  drain(): Promise<void>;
  /** Closes the trees. The storage is the caller's. */
  close(): Promise<void>;
}

/**
 * Opens the log, or makes it: first shard, its key, and entry 0.
 *
 * A start that broke off between these steps is made good by the next one.
 */
export async function openLog(setup: LogSetup): Promise<OpenLog> {
  const records = await logShards(setup);
  // One after the other: each checks its tree, and the message of the first that fails is the one to read.
  const shards: Shard[] = [];
  for (const record of records) shards.push(await openShard(record, setup));
  const all = new Shards(shards);
  const service = new LogService(all, setup.admit);
  const index = await setup.openIndex(
    shards.map(({ record: { id, treeId }, tree }) => ({ id, treeId, size: tree.snapshot.size })),
  );
  all.active.tree.watch((batch: CommitBatch) => index.committed(batch));

  const { record, signer, tree } = all.active;
  if (setup.entryZero && tree.snapshot.size === 0) {
    const entry = await service.add(await entryZero(record, signer));
    setup.onCreated?.(`entry 0, about the log itself: ${entry.id}`);
  }
  return {
    service,
    search: new LogSearch(all, index),
    drain: async () => void (await Promise.all(shards.map((shard) => shard.tree.drain()))),
    close: async () => void (await Promise.all(shards.map((shard) => shard.tree.close()))),
  };
}

async function logShards(setup: LogSetup): Promise<readonly ShardRecord[]> {
  const all = await setup.storage.shards();
  const ours = all.filter((shard) => shard.kind === v1Kind).sort((a, b) => a.id - b.id);
  if (ours.length > 0) return ours;
  const id = Math.max(0, ...all.map((shard) => shard.id)) + 1;
  const record = await createShard(id, setup.hostname, setup);
  setup.onCreated?.(`signing key of the log (ECDSA P-256): ${keyFile(setup.keyFolder, record.treeId)}`);
  setup.onCreated?.(`log shard ${record.origin}`);
  return [record];
}
