import { CountersignError } from '@countersign/errors';
import { leaseLimits, type ShardRecord, type SharedStorage, treeLimits } from '@countersign/tree';
import { appendRequest } from './append-request.ts';
import { entryId } from './entry-id.ts';
import { entryZero } from './entry-zero.ts';
import { LogSearch } from './log-search.ts';
import { LogService } from './log-service.ts';
import { findOrCreate, indexed, type LogSetup, type OpenLog } from './open-log.ts';
import { openShard, type Shard } from './shard.ts';
import { ShardAdmin } from './shard-admin.ts';
import { checkpointReader } from './shard-check.ts';
import { openFollowed, ShardFollower } from './shard-follower.ts';
import { logShards } from './shard-list.ts';
import { Shards } from './shards.ts';
import { SharedLog } from './shared-log.ts';
import { systemTimers, type Timers } from './timers.ts';

/** What {@link openSharedLog} stands on. */
export interface SharedLogSetup extends LogSetup {
  readonly storage: SharedStorage;
  /** The name of this process, which no other has: people read it, too. */
  readonly owner: string;
  readonly timers?: Timers;
  /** Told when this node begins and ends to sequence. */
  readonly onRole: (leads: boolean, why: string) => void;
  readonly warn: (message: string, cause?: unknown) => void;
}

/** A log that several nodes run, at one of them. */
export interface OpenSharedLog extends OpenLog {
  readonly shared: SharedLog;
}

/**
 * Opens a log that other nodes may have open, too. The first of them makes it, with its first shard and key; entry 0 is
 * made by the first that leads.
 *
 * @throws what `openLog` does; `ERR_SIGNER` also when another node has made a key that was not copied here
 */
export async function openSharedLog(setup: SharedLogSetup): Promise<OpenSharedLog> {
  const { storage, owner, timers = systemTimers, limits } = setup;
  const shards = new Shards(await openAll(await findWhole(setup, timers), setup));
  const index = await setup.openIndex(indexed(shards));
  const { publishers = [] } = setup;
  const publish = ({ record, tree }: Shard): void => {
    for (const publisher of publishers) publisher.follow(tree, checkpointReader(record), () => shared.leads);
  };
  const watch = (shard: Shard): void =>
    shard.tree.watch((growth) => {
      index.committed(growth);
      shared.grown(shard, growth);
      for (const publisher of publishers) publisher.committed(growth.shard);
    });
  const follower = new ShardFollower(shards, setup, (shard) => {
    const { id, treeId } = shard.record;
    index.follow({ id, treeId, size: shard.tree.snapshot.size });
    watch(shard);
    publish(shard);
    shared.opened();
  });
  const admin = new ShardAdmin(shards, setup, {
    mayChange: async () => {
      if (!shared.leads) throw await elsewhere(storage);
    },
    firstEntry: async ({ record, signer }) =>
      setup.entryZero ? appendRequest(await setup.admit(await entryZero(record, signer))) : undefined,
    onRolled: (shard, grown) => {
      index.follow({ id: shard.record.id, treeId: shard.record.treeId, size: 0 });
      for (const growth of grown) index.committed(growth);
      watch(shard);
      publish(shard);
      shared.opened();
    },
  });
  const shared = new SharedLog({
    storage,
    owner,
    mayLead: setup.readOnly !== true,
    shards,
    follower,
    now: timers.now,
    limits: { ...treeLimits, ...limits },
    begin: () => addEntryZero(shards.active, setup),
    settled: () => admin.settled(),
    onRole: setup.onRole,
    warn: setup.warn,
  });
  watch(shards.active);
  for (const shard of shards.all) publish(shard);

  await shared.start();
  const stopBeats = timers.every(leaseLimits.renewMs, () => shared.beat());
  const stopListening = await storage
    .listen(() => shared.changed())
    .catch((error: unknown) => {
      stopBeats();
      throw error;
    });
  return {
    service: new LogService(shards, setup.admit, shared, setup.readOnly, setup.attestations),
    search: new LogSearch(shards, index, setup.display),
    admin,
    shared,
    close: async () => {
      await shared.close();
      stopBeats();
      await stopListening();
    },
  };
}

/** The shards of the log once there is one with a tree in it, which this node makes unless another does. */
async function findWhole(setup: SharedLogSetup, timers: Timers): Promise<readonly ShardRecord[]> {
  const { storage, owner } = setup;
  for (;;) {
    const records = await logShards(storage);
    const newest = records.at(-1);
    if (newest !== undefined && (await storage.latest(newest.id)) !== undefined) return records;
    if (setup.readOnly) throw new CountersignError('ERR_STORAGE', 'there is no log to be read');
    const lease = await storage.takeLease(owner);
    if (lease === undefined) {
      await timers.wait(leaseLimits.renewMs);
      continue;
    }
    try {
      // The tree of a shard is made when it is opened.
      for (const record of (await findOrCreate(setup)).slice(-1)) await openShard(record, setup);
    } finally {
      await lease.release();
    }
  }
}

async function openAll(records: readonly ShardRecord[], setup: SharedLogSetup): Promise<readonly Shard[]> {
  const shards: Shard[] = [];
  for (const record of records) shards.push(await openFollowed(record, records, setup));
  return shards;
}

async function addEntryZero({ record, signer, tree }: Shard, setup: SharedLogSetup): Promise<void> {
  if (!setup.entryZero || tree.snapshot.size > 0 || tree.frozen) return;
  const entry = appendRequest(await setup.admit(await entryZero(record, signer)));
  await tree.append(entry);
  const head = (await tree.heads([0]))[0];
  if (head !== undefined) {
    setup.onCreated?.(`entry 0, about the log itself: ${entryId(record.treeId, head.hash)}`);
  }
}

async function elsewhere(storage: SharedStorage): Promise<CountersignError> {
  const leader = await storage.leader();
  const where = leader === undefined ? 'none does now: try again' : `${leader} does now: run the command there`;
  return new CountersignError('ERR_NOT_AVAILABLE', `the shards are changed by the node that sequences; ${where}`);
}
