import { execFileSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { join } from 'node:path';
import { shard, tempFolder } from '../../test/fixture.ts';
import { MessageProxy } from '../../test/message-proxy.ts';
import { describeWithPostgres, ownServer, sharedServer } from '../../test/postgres-fixture.ts';
import { serverUser } from '../../test/postgres-server.ts';
import { batchOf, newLeaf } from '../../test/storage-suite.ts';
import { connectionOptions, PostgresConnection } from './postgres-connection.ts';
import { openPostgresStorage } from './postgres-storage.ts';

describeWithPostgres('connections', () => {
  /** A storage behind a proxy, with the lease, a shard and a leaf. */
  async function open(parameters = '') {
    const server = await sharedServer();
    const database = await server.createDatabase();
    const proxy = await MessageProxy.start(server.port);
    const storage = await openPostgresStorage({ url: `${server.url(database, proxy.port)}${parameters}` });
    await storage.takeLease('test');
    await storage.createShard(shard);
    await storage.commit(batchOf(0, [newLeaf(0)]));
    const close = async (): Promise<void> => {
      await storage.close();
      await proxy.close();
    };
    return { server, database, proxy, storage, close };
  }

  it('that were cut are made again by the next reads and the next write', async () => {
    const { proxy, storage, close } = await open();
    for (let n = 1; n < 4; n += 1) {
      proxy.cutAll();
      expect((await storage.latest(1))?.size).toBe(n);
      proxy.cutAll();
      expect(await storage.find(1, newLeaf(0).hash)).toBe(0);
      await storage.latest(1);
      await storage.commit(batchOf(n, [newLeaf(n)]));
    }
    await close();
  });

  it('that were cut after the commit, before its answer: it rejects, and is stored', async () => {
    const { proxy, storage, close } = await open();
    proxy.arm();
    await storage.commit(batchOf(1, [newLeaf(1)]));
    const { messages } = proxy.disarm();
    // The last message is the one that says that the transaction has ended.
    proxy.arm({ at: messages, fate: 'cut before' });
    await expect(storage.commit(batchOf(2, [newLeaf(2)]))).rejects.toMatchObject({ code: 'ERR_STORAGE_UNAVAILABLE' });
    proxy.disarm();
    expect((await storage.latest(1))?.size).toBe(3);
    proxy.arm({ at: 1, fate: 'cut before' });
    await expect(storage.commit(batchOf(3, [newLeaf(3)]))).rejects.toMatchObject({ code: 'ERR_STORAGE_UNAVAILABLE' });
    proxy.disarm();
    expect((await storage.latest(1))?.size).toBe(3);
    await close();
  });

  it('on which nobody answers are given up', async () => {
    const { proxy, storage, close } = await open('?query_timeout=200');
    proxy.arm({ at: 1, fate: 'silence' });
    await expect(storage.commit(batchOf(1, [newLeaf(1)]))).rejects.toMatchObject({
      code: 'ERR_STORAGE_UNAVAILABLE',
      message: expect.stringContaining('timeout'),
    });
    proxy.disarm();
    expect((await storage.latest(1))?.size).toBe(1);
    await storage.commit(batchOf(1, [newLeaf(1)]));
    await close();
  });

  it('give exact numbers, and none that is not', async () => {
    const { server, database, close } = await open();
    const connection = new PostgresConnection(connectionOptions(server.url(database)));
    const number = (value: string) =>
      connection.run(async (client) => (await client.query(`SELECT ${value}::bigint AS number`)).rows[0].number);
    expect(await number('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(await number('-1')).toBe(-1);
    await expect(number('9007199254740992')).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    expect(await number('1')).toBe(1);
    await connection.close();
    await expect(number('1')).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    await close();
  });

  it('keep what they are given to keep secret', async () => {
    const server = await sharedServer();
    const url = server.url('nothing').replace('test@', 'test:s3cr3t@');
    const error = await openPostgresStorage({ url }).catch((failure) => failure);
    expect(error).toMatchObject({ code: 'ERR_STORAGE' });
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain('s3cr3t');
  });

  it('are made over TLS as the address says, to the server it names and no other', async () => {
    const folder = tempFolder();
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    execFileSync(
      'openssl',
      [
        ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test'.split(' '),
        ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
      ],
      { stdio: 'ignore' },
    );
    if (process.getuid?.() === 0) for (const path of [folder, key]) chownSync(path, serverUser, serverUser);
    const server = await ownServer(['ssl=on', `ssl_key_file=${key}`, `ssl_cert_file=${certificate}`]);
    const url = server.url(await server.createDatabase());
    const checked = `${url}?sslmode=verify-full&sslrootcert=${certificate}`;
    const storage = await openPostgresStorage({ url: checked });
    expect(await storage.takeLease('test')).toBeDefined();
    const { rows } = await server.query('postgres', 'SELECT count(*)::int AS count FROM pg_stat_ssl WHERE ssl');
    expect(rows[0].count).toBeGreaterThan(0);
    await storage.close();
    for (const wrong of [`${url}?sslmode=verify-full`, checked.replace('127.0.0.1', 'localhost')]) {
      await expect(openPostgresStorage({ url: wrong })).rejects.toMatchObject({ code: 'ERR_STORAGE_UNAVAILABLE' });
    }
    const plain = await sharedServer();
    await expect(
      openPostgresStorage({ url: `${plain.url('postgres')}?sslmode=verify-full&sslrootcert=${certificate}` }),
    ).rejects.toMatchObject({
      code: 'ERR_STORAGE_UNAVAILABLE',
      message: expect.stringContaining('does not support SSL'),
    });
  });

  it.each(['fsync', 'full_page_writes'])('with a server that has %s off are refused', async (setting) => {
    const server = await ownServer([`${setting}=off`]);
    await expect(openPostgresStorage({ url: server.url(await server.createDatabase()) })).rejects.toMatchObject({
      code: 'ERR_STORAGE',
      message: expect.stringContaining(`${setting}=off`),
    });
  });

  it('outlive the server, which is killed, and what was acknowledged does', async () => {
    const server = await ownServer();
    const storage = await openPostgresStorage({ url: server.url(await server.createDatabase()) });
    const lease = await storage.takeLease('test');
    await storage.createShard(shard);
    for (let n = 0; n < 5; n += 1) await storage.commit(batchOf(n, [newLeaf(n)]));
    await server.kill();
    await expect(storage.commit(batchOf(5, [newLeaf(5)]))).rejects.toMatchObject({ code: 'ERR_STORAGE_UNAVAILABLE' });
    await expect(storage.latest(1)).rejects.toMatchObject({ code: 'ERR_STORAGE_UNAVAILABLE' });
    await expect(lease?.renew()).rejects.toMatchObject({ code: 'ERR_STORAGE_UNAVAILABLE' });
    await server.restart();
    expect((await storage.latest(1))?.size).toBe(5);
    expect(await lease?.renew()).toBe(true);
    await storage.commit(batchOf(5, [newLeaf(5)]));
    await storage.close();
  });
});
