import { CountersignError } from '@countersign/errors';
import type { Publisher, ShardRecord } from '@countersign/tree';
import { appendRequest } from './append-request.ts';
import type { Display } from './displays.ts';
import type { EntryIndex, IndexedShard } from './entry-index.ts';
import { entryZero } from './entry-zero.ts';
import { LogSearch } from './log-search.ts';
import { type Admit, type AttestationSettings, LogService } from './log-service.ts';
import { createShard, keyFile, type Shard, type ShardPlace } from './shard.ts';
import { ShardAdmin } from './shard-admin.ts';
import { checkpointReader } from './shard-check.ts';
import { logShards } from './shard-list.ts';
import { Shards } from './shards.ts';

/** What {@link openLog} stands on. */
export interface LogSetup extends ShardPlace {
  /** The name a new shard gets; existing shards keep theirs. */
  readonly hostname: string;
  readonly admit: Admit;
  /** What searches show of an entry beside its place and time; nothing when absent. */
  readonly display?: Display;
  /** How attestations are kept and shown; neither when absent. */
  readonly attestations?: AttestationSettings;
  /** Whether an empty log gets an entry about itself first. */
  readonly entryZero: boolean;
  /** Whether nothing is taken, made or signed into the trees: what is there is served. */
  readonly readOnly?: boolean;
  /** Opens the search index over these shards, the oldest first. It is the caller's to close. */
  readonly openIndex: (shards: readonly IndexedShard[]) => Promise<EntryIndex>;
  /** What publishes every shard, from its beginning on. The caller's to close, after the log. */
  readonly publishers?: readonly Pick<Publisher, 'committed' | 'follow'>[];
  /** Told of each thing that was made, in words for an operator. */
  readonly onCreated?: (what: string) => void;
}

/** A log that runs, and the way to stop it. */
export interface OpenLog {
  readonly service: LogService;
  readonly search: LogSearch;
  readonly admin: ShardAdmin;
  /**
   * Refuses new uploads, resolves when every accepted one is durable and answered, and closes the trees. The storage is
   * the caller's.
   */
  close(): Promise<void>;
}

/**
 * Opens the log, or makes it: first shard, its key, and entry 0.
 *
 * A start that broke off between these steps is made good by the next one.
 */
export async function openLog(setup: LogSetup): Promise<OpenLog> {
  const shards = await Shards.open(await findOrCreate(setup), setup);
  const service = new LogService(shards, setup.admit, shards, setup.readOnly, setup.attestations);
  const index = await setup.openIndex(indexed(shards));
  const { publishers = [] } = setup;
  const publish = ({ record, tree }: Shard): void => {
    for (const publisher of publishers) publisher.follow(tree, checkpointReader(record));
  };
  const watch = ({ tree }: Shard): void =>
    tree.watch((batch) => {
      index.committed(batch);
      for (const publisher of publishers) publisher.committed(batch.shard);
    });
  watch(shards.active);
  for (const shard of shards.all) publish(shard);
  const admin = new ShardAdmin(shards, setup, {
    firstEntry: async ({ record, signer }) =>
      setup.entryZero ? appendRequest(await setup.admit(await entryZero(record, signer))) : undefined,
    onRolled: (shard, committed) => {
      index.follow({ id: shard.record.id, treeId: shard.record.treeId, size: 0 });
      for (const batch of committed) index.committed(batch);
      watch(shard);
      publish(shard);
    },
  });

  const { record, signer, tree } = shards.active;
  if (!setup.readOnly && setup.entryZero && tree.snapshot.size === 0 && !tree.frozen) {
    const entry = await service.add(await entryZero(record, signer));
    setup.onCreated?.(`entry 0, about the log itself: ${entry.id}`);
  }
  return {
    service,
    search: new LogSearch(shards, index, setup.display),
    admin,
    close: async () => {
      await admin.settled();
      await shards.close();
    },
  };
}

/** The shards as the search index knows them. */
export function indexed(shards: Shards): readonly IndexedShard[] {
  return shards.all.map(({ record: { id, treeId }, tree }) => ({ id, treeId, size: tree.snapshot.size }));
}

/** The records of the log's shards, the oldest first; the first one is made when there is none. */
export async function findOrCreate(setup: LogSetup): Promise<readonly ShardRecord[]> {
  const ours = await logShards(setup.storage);
  if (ours.length > 0) return ours;
  if (setup.readOnly) throw new CountersignError('ERR_STORAGE', 'there is no log to be read');
  const id = Math.max(0, ...(await setup.storage.shards()).map((shard) => shard.id)) + 1;
  const record = await createShard(id, setup.hostname, setup);
  setup.onCreated?.(`signing key of the log (ECDSA P-256): ${keyFile(setup.keyFolder, record.treeId)}`);
  setup.onCreated?.(`log shard ${record.origin}`);
  return [record];
}
