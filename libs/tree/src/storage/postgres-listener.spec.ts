import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { shard } from '../../test/fixture.ts';
import { describeWithPostgres, sharedServer } from '../../test/postgres-fixture.ts';
import type { PostgresServer } from '../../test/postgres-server.ts';
import { batchOf, newLeaf } from '../../test/storage-suite.ts';
import type { SharedStorage, Submission } from '../shared-storage.ts';
import { postgresLimits } from './postgres-connection.ts';
import { openPostgresStorage } from './postgres-storage.ts';

function submissionOf(n: number, more: Partial<Submission> = {}): Submission {
  const nothing = { identity: undefined, annex: undefined, attachment: undefined };
  return { id: randomUUID(), data: new Uint8Array(10).fill(n), ...nothing, ...more };
}

describeWithPostgres('processes that share a storage', () => {
  let server: PostgresServer;
  let database: string;
  let first: SharedStorage;
  let second: SharedStorage;
  const sql = (text: string) => server.query(database, text);

  beforeEach(async () => {
    server = await sharedServer();
    database = await server.createDatabase();
    first = await openPostgresStorage({ url: server.url(database) });
    second = await openPostgresStorage({ url: server.url(database) });
  });
  afterEach(async () => {
    jest.useRealTimers();
    await first.close();
    await second.close();
  });

  describe('listen', () => {
    /** Of what is told: resolves with the next call after the one before was taken. */
    function calls(): { readonly changed: () => void; readonly next: () => Promise<void> } {
      let waiting: (() => void) | undefined;
      let came = false;
      return {
        changed: () => {
          came = true;
          waiting?.();
        },
        next: async () => {
          if (!came) await new Promise<void>((resolve) => (waiting = resolve));
          came = false;
        },
      };
    }

    it('to what any of them does, without looking for it', async () => {
      // No poll comes: each of these has to be told of.
      jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'clearTimeout', 'queueMicrotask'] });
      const { changed, next } = calls();
      const end = await second.listen(changed);
      await next();
      const lease = await first.takeLease('first');
      await next();
      for (const change of [
        () => first.createShard(shard),
        () => first.commit(batchOf(0, [newLeaf(0)])),
        () => first.freezeShard(1),
        () => first.submit(submissionOf(0)),
        () => first.settle([randomUUID()]),
        () => second.submit(submissionOf(1)),
        async () => lease?.release(),
      ]) {
        await change();
        await next();
      }
      await end();
    });

    it('also while nothing is said, and until it ends', async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'clearTimeout', 'queueMicrotask'] });
      const { changed, next } = calls();
      const end = await second.listen(changed);
      await next();
      jest.advanceTimersByTime(postgresLimits.pollMs);
      await next();
      await end();
      expect(jest.getTimerCount()).toBe(0);
    });

    it('through the loss of the connection', async () => {
      jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'clearTimeout', 'queueMicrotask'] });
      const listening = async (): Promise<boolean> =>
        (await sql("SELECT FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND application_name = 'countersign'"))
          .rowCount === 1;
      const { changed, next } = calls();
      const end = await second.listen(changed);
      await next();
      await sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'");
      await first.submit(submissionOf(0));
      do jest.advanceTimersByTime(postgresLimits.pollMs);
      while (!(await listening()));
      await next();
      // Again without a poll.
      await first.submit(submissionOf(1));
      await next();
      await end();
    });
  });

  describe('submissions', () => {
    it('come in their order, with all they have', async () => {
      const every = [
        submissionOf(0),
        submissionOf(1, { identity: new Uint8Array(32).fill(1), annex: new Uint8Array(0) }),
        submissionOf(2, { data: new Uint8Array(0), annex: new Uint8Array([1, 2]) }),
        submissionOf(3, { attachment: new Uint8Array([3]) }),
        submissionOf(4, { attachment: new Uint8Array(0) }),
      ];
      for (const one of every) await second.submit(one);
      expect(await first.submissions(10, 1000)).toEqual(every);
    });

    it('come as many as are asked for, by number and by bytes, and one in any case', async () => {
      const every = Array.from({ length: 4 }, (_, n) => submissionOf(n, { annex: new Uint8Array(n) }));
      for (const one of every) await second.submit(one);
      const counted = async (count: number, bytes: number) => (await first.submissions(count, bytes)).length;
      expect(await counted(3, 1000)).toBe(3);
      expect(await counted(4, 46)).toBe(4);
      expect(await counted(4, 45)).toBe(3);
      expect(await counted(4, 10)).toBe(1);
      expect(await counted(4, 0)).toBe(1);
      expect(await counted(0, 0)).toBe(1);
      for (let n = 4; n < 12; n += 1) await second.submit(submissionOf(n));
      expect(await first.submissions(4, 1000)).toEqual(every);
    });

    it('have attachments, which count', async () => {
      const every = Array.from({ length: 3 }, (_, n) => submissionOf(n, { attachment: new Uint8Array(100 * n) }));
      for (const one of every) await second.submit(one);
      const counted = async (bytes: number) => (await first.submissions(9, bytes)).length;
      expect([await counted(330), await counted(329), await counted(119)]).toEqual([3, 2, 1]);
    });

    it('are there once, and are taken away', async () => {
      const [one, other] = [submissionOf(1), submissionOf(2)];
      await second.submit(one);
      await second.submit({ ...one, data: new Uint8Array([9]) });
      await second.submit(other);
      expect(await first.submissions(10, 1000)).toEqual([one, other]);
      await first.settle([one.id, randomUUID()]);
      await first.settle([]);
      expect(await second.submissions(10, 1000)).toEqual([other]);
    });

    it('are not in the write-ahead log', async () => {
      const { rows } = await sql("SELECT relpersistence FROM pg_class WHERE relname = 'submission'");
      expect(rows).toEqual([{ relpersistence: 'u' }]);
    });
  });
});
