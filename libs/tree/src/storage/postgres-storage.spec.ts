import { openHeld, shard } from '../../test/fixture.ts';
import { describeWithPostgres, sharedServer } from '../../test/postgres-fixture.ts';
import { batchOf, itKeepsTrees, newLeaf } from '../../test/storage-suite.ts';
import { postgresVersion } from './postgres-schema.ts';
import { openPostgresReader, openPostgresStorage } from './postgres-storage.ts';

describeWithPostgres('on PostgreSQL', () => {
  itKeepsTrees(async () => {
    const server = await sharedServer();
    const url = server.url(await server.createDatabase());
    return { open: () => openHeld(url), openReader: () => openPostgresReader({ url }) };
  });

  describe('the database', () => {
    it('is made once by all that start at once', async () => {
      const server = await sharedServer();
      const database = await server.createDatabase();
      const url = server.url(database);
      const storages = await Promise.all(Array.from({ length: 4 }, () => openPostgresStorage({ url })));
      for (const storage of storages) {
        expect(await storage.shards()).toEqual([]);
        await storage.close();
      }
      const { rows } = await server.query(database, 'SELECT count(*)::int AS count FROM migrations');
      expect(rows).toEqual([{ count: postgresVersion }]);
      expect((await server.query(database, 'SELECT version FROM schema_version')).rows).toEqual([
        { version: postgresVersion },
      ]);
    });

    it('of a newer version is refused, and so is none for a reader', async () => {
      const server = await sharedServer();
      const database = await server.createDatabase();
      const url = server.url(database);
      await expect(openPostgresReader({ url })).rejects.toMatchObject({ code: 'ERR_STORAGE' });
      await (await openPostgresStorage({ url })).close();
      await server.query(database, `UPDATE schema_version SET version = ${postgresVersion + 1}`);
      const refusal = { code: 'ERR_STORAGE', message: expect.stringContaining('newer version') };
      await expect(openPostgresStorage({ url })).rejects.toMatchObject(refusal);
      await expect(openPostgresReader({ url })).rejects.toMatchObject(refusal);
    });

    it('that is not there, and a server that is not there, are refused', async () => {
      const server = await sharedServer();
      for (const url of [server.url('nothing'), server.url('postgres', 1)]) {
        const code = expect.stringMatching(/^ERR_STORAGE/);
        await expect(openPostgresStorage({ url })).rejects.toMatchObject({ code });
        await expect(openPostgresReader({ url })).rejects.toMatchObject({ code });
      }
    });

    it('waits for the disk with every commit, whatever its defaults', async () => {
      const server = await sharedServer();
      const database = await server.createDatabase();
      await server.query(database, `ALTER DATABASE ${database} SET synchronous_commit = off`);
      await server.query(database, `ALTER DATABASE ${database} SET default_transaction_isolation = 'serializable'`);
      const storage = await openHeld(server.url(database));
      await storage.createShard(shard);
      // The commit itself tells what it was made with.
      await server.query(database, 'CREATE TABLE seen (wait text, isolation text)');
      await server.query(
        database,
        `CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          INSERT INTO seen VALUES (current_setting('synchronous_commit'), current_setting('transaction_isolation'));
          RETURN NEW;
        END $$`,
      );
      await server.query(database, 'CREATE TRIGGER note BEFORE INSERT ON leaf FOR EACH ROW EXECUTE FUNCTION note()');
      await storage.commit(batchOf(0, [newLeaf(0)]));
      expect((await server.query(database, 'SELECT * FROM seen')).rows).toEqual([
        { wait: 'on', isolation: 'read committed' },
      ]);
      await storage.close();
    });

    it('keeps a wait that is longer still', async () => {
      const server = await sharedServer();
      const database = await server.createDatabase();
      await server.query(database, `ALTER DATABASE ${database} SET synchronous_commit = remote_apply`);
      await (await openPostgresStorage({ url: server.url(database) })).close();
    });
  });
});
