import { shard } from '../../test/fixture.ts';
import { MessageProxy } from '../../test/message-proxy.ts';
import { describeWithPostgres, sharedServer } from '../../test/postgres-fixture.ts';
import type { PostgresServer } from '../../test/postgres-server.ts';
import { batchOf, newLeaf } from '../../test/storage-suite.ts';
import { leaseLimits, type SharedStorage } from '../shared-storage.ts';
import { openPostgresStorage } from './postgres-storage.ts';

const lost = { code: 'ERR_LEASE_LOST' };

describeWithPostgres('the lease', () => {
  let server: PostgresServer;
  let database: string;
  const opened: SharedStorage[] = [];
  const proxies: MessageProxy[] = [];
  const sql = (text: string, values?: unknown[]) => server.query(database, text, values);
  const expire = () => sql("UPDATE lease SET expires = clock_timestamp() - interval '1 millisecond'");

  async function open(port?: number): Promise<SharedStorage> {
    const storage = await openPostgresStorage({ url: server.url(database, port) });
    opened.push(storage);
    return storage;
  }

  /** Two storages; the first holds the lease and has made the shard and its first leaf. */
  async function two(port?: number) {
    const [first, second] = [await open(port), await open()];
    const lease = await first.takeLease('first');
    if (lease === undefined) throw new Error('it is not free');
    await first.createShard(shard);
    await first.commit(batchOf(0, [newLeaf(0)]));
    return { first, second, lease };
  }

  /** Lets commits stop in the middle, with the lease's row held. */
  async function stopCommits(): Promise<void> {
    await sql(`CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      PERFORM pg_sleep(60);
      RETURN NULL;
    END $$`);
    await sql('CREATE TRIGGER stop BEFORE INSERT ON leaf FOR EACH STATEMENT EXECUTE FUNCTION stop()');
  }

  /** Resolves when a commit is in the middle, with its server process. */
  async function committing(): Promise<number> {
    for (;;) {
      const { rows } = await sql("SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
      if (rows[0] !== undefined) return rows[0].pid;
    }
  }

  beforeEach(async () => {
    server = await sharedServer();
    database = await server.createDatabase();
  });
  afterEach(async () => {
    for (const storage of opened.splice(0)) await storage.close();
    for (const proxy of proxies.splice(0)) await proxy.close();
  });

  async function expectNothingWrittenBy(storage: SharedStorage): Promise<void> {
    const { size = 0 } = (await storage.latest(1)) ?? {};
    const shards = await storage.shards();
    await expect(storage.commit(batchOf(size, [newLeaf(9)]))).rejects.toMatchObject(lost);
    await expect(storage.createShard({ ...shard, id: 7, treeId: '7' })).rejects.toMatchObject(lost);
    await expect(storage.freezeShard(1)).rejects.toMatchObject(lost);
    expect((await storage.latest(1))?.size ?? 0).toBe(size);
    expect(await storage.shards()).toEqual(shards);
  }

  it('is needed to write', async () => {
    const storage = await open();
    await expectNothingWrittenBy(storage);
    const { first, second } = await two();
    expect(await second.takeLease('second')).toBeUndefined();
    await expectNothingWrittenBy(second);
    await first.commit(batchOf(1, [newLeaf(1)]));
  });

  it('goes to one of those that ask at once', async () => {
    const all = await Promise.all(Array.from({ length: 5 }, () => open()));
    const taken = await Promise.all(all.map((storage, place) => storage.takeLease(`${place}`)));
    expect(taken.filter((lease) => lease !== undefined)).toHaveLength(1);
  });

  it("lasts by the database's clock, and is renewed while a commit is under way", async () => {
    const { first, lease } = await two();
    const left = async (): Promise<number> =>
      (await sql('SELECT extract(epoch FROM expires - clock_timestamp())::float8 * 1000 AS left FROM lease')).rows[0]
        .left;
    expect(await left()).toBeLessThanOrEqual(leaseLimits.ttlMs);
    await stopCommits();
    const commit = first.commit(batchOf(1, [newLeaf(1)])).catch((error) => error);
    const pid = await committing();
    await expire();
    expect(await lease.renew()).toBe(true);
    expect(await left()).toBeGreaterThan(0);
    await sql('SELECT pg_cancel_backend($1)', [pid]);
    expect(await commit).toMatchObject({ code: 'ERR_STORAGE_UNAVAILABLE' });
  });

  it('that has run out is taken by another, and what it was can write nothing', async () => {
    const { first, second, lease } = await two();
    await expire();
    await first.commit(batchOf(1, [newLeaf(1)]));
    expect(await lease.renew()).toBe(true);
    expect(await second.takeLease('second')).toBeUndefined();
    expect(await second.leader()).toBe('first');
    await expire();
    expect(await second.leader()).toBeUndefined();
    const next = await second.takeLease('second');
    expect(next?.fence).toBeGreaterThan(lease.fence);
    await expectNothingWrittenBy(first);
    expect(await lease.renew()).toBe(false);
    await lease.release();
    await second.commit(batchOf(2, [newLeaf(2)]));
    expect(await first.takeLease('first')).toBeUndefined();
  });

  it('that is given up is free at once, and whoever gave it up can write nothing', async () => {
    const { first, second, lease } = await two();
    await lease.release();
    expect(await second.leader()).toBeUndefined();
    await expectNothingWrittenBy(first);
    expect(await lease.renew()).toBe(false);
    expect(await second.takeLease('second')).toBeDefined();
    await second.commit(batchOf(1, [newLeaf(1)]));
  });

  it('is had back at once under the same name, and by nobody else under that name any more', async () => {
    const { first, second, lease } = await two();
    const again = await second.takeLease('first');
    expect(again?.fence).toBeGreaterThan(lease.fence);
    await second.commit(batchOf(1, [newLeaf(1)]));
    await expectNothingWrittenBy(first);
    expect(await lease.renew()).toBe(false);
    expect(await again?.renew()).toBe(true);
  });

  it('that has run out in the middle of a commit is taken all the same, and nothing of the commit is stored', async () => {
    const { first, second } = await two();
    await stopCommits();
    const commit = first.commit(batchOf(1, [newLeaf(1)])).catch((error) => error);
    await committing();
    await expire();
    expect(await second.takeLease('second')).toBeDefined();
    expect(await commit).toMatchObject({ code: 'ERR_STORAGE_UNAVAILABLE' });
    await expectNothingWrittenBy(first);
    expect((await second.latest(1))?.size).toBe(1);
    await sql('DROP TRIGGER stop ON leaf');
    await second.commit(batchOf(1, [newLeaf(2)]));
  });

  it('is nobody else’s while the server’s own process is paused in the middle of a commit', async () => {
    const { first, second } = await two();
    await stopCommits();
    const commit = first.commit(batchOf(1, [newLeaf(1)])).catch((error) => error);
    const pid = await committing();
    await expire();
    process.kill(pid, 'SIGSTOP');
    try {
      expect(await second.takeLease('second')).toBeUndefined();
      await expectNothingWrittenBy(second);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    expect(await second.takeLease('second')).toBeDefined();
    expect(await commit).toMatchObject({ code: 'ERR_STORAGE_UNAVAILABLE' });
    await sql('DROP TRIGGER stop ON leaf');
    await second.commit(batchOf(1, [newLeaf(2)]));
    expect((await second.latest(1))?.size).toBe(2);
  });

  it('outlives the connection that writes, which gets a fence of its own', async () => {
    const { first, lease } = await two();
    const { fence } = lease;
    await sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'countersign'");
    // Whether the end of the connection is known by now is left to chance.
    await first.commit(batchOf(1, [newLeaf(1)])).catch(() => first.latest(1));
    expect(lease.fence).toBeGreaterThan(fence);
    expect(await lease.renew().catch(() => lease.renew())).toBe(true);
    const { size } = (await first.latest(1)) ?? { size: 0 };
    await first.commit(batchOf(size, [newLeaf(2)]));
  });

  it('ends a commit of its own that hangs after its connection was lost', async () => {
    const proxy = await MessageProxy.start(server.port);
    proxies.push(proxy);
    const { first, lease } = await two(proxy.port);
    const { fence } = lease;
    await stopCommits();
    const commit = first.commit(batchOf(1, [newLeaf(1)])).catch((error) => error);
    await committing();
    proxy.cutAll();
    expect(await commit).toMatchObject({ code: 'ERR_STORAGE_UNAVAILABLE' });
    expect((await first.latest(1))?.size).toBe(1);
    expect(lease.fence).toBeGreaterThan(fence);
    await sql('DROP TRIGGER stop ON leaf');
    await first.commit(batchOf(1, [newLeaf(2)]));
  });

  it('lets no commit come late that was on its way when the connection was lost', async () => {
    const proxy = await MessageProxy.start(server.port);
    proxies.push(proxy);
    const { first } = await two(proxy.port);
    proxy.withhold();
    const commit = first.commit(batchOf(1, [newLeaf(1)])).catch((error) => error);
    await proxy.cutWithheld();
    expect(await commit).toMatchObject({ code: 'ERR_STORAGE_UNAVAILABLE' });
    expect((await first.latest(1))?.size).toBe(1);
    await proxy.deliver();
    expect((await first.latest(1))?.size).toBe(1);
    await first.commit(batchOf(1, [newLeaf(2)]));
    expect(await first.find(1, newLeaf(1).hash)).toBeUndefined();
  });
});
