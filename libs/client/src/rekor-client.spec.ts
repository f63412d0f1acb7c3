import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import { createDispatcher } from './dispatcher.ts';
import { clientLimits } from './limits.ts';
import { RekorClient, type RekorClientOptions } from './rekor-client.ts';
import { FakeLog } from './testing/fake-log.ts';
import { type Serving, serve } from './testing/serve.ts';

const dispatcher = createDispatcher();
const sleep = jest.fn(async (_milliseconds: number, _signal: AbortSignal) => {});
const cleanup: (() => Promise<void>)[] = [];

afterEach(async () => {
  sleep.mockClear();
  for (const close of cleanup.splice(0)) await close();
});
afterAll(() => dispatcher.destroy());

function clientOf(baseUrl: string, options: Partial<RekorClientOptions> = {}): RekorClient {
  const base = { dispatcher, userAgent: 'test/1', timeout: 10_000, retries: 0, sleep, now: () => 0, random: () => 0 };
  return new RekorClient({ ...base, baseUrl, ...options });
}

async function serving(handler: (response: ServerResponse, request: number) => void): Promise<Serving> {
  let count = 0;
  const server = await serve((_request, response) => handler(response, count++));
  cleanup.push(() => server.close());
  return server;
}

async function startLog(size = 0): Promise<FakeLog> {
  const log = await FakeLog.start();
  log.grow(size);
  cleanup.push(() => log.close());
  return log;
}

const json = { 'content-type': 'application/json' };

describe('RekorClient', () => {
  it('uploads, and tells an entry that exists', async () => {
    const log = await startLog();
    const client = clientOf(`${log.url}/`);
    const proposal = { apiVersion: '0.0.1', kind: 'test', spec: { a: 1 } };
    const added = await client.addEntry(proposal);
    expect(added).toMatchObject({ exists: false, location: `/api/v1/log/entries/${log.entryId(0)}` });
    expect(!added.exists && Buffer.from(added.entry.body).toString()).toBe(JSON.stringify(proposal));
    expect(await client.addEntry(proposal)).toEqual({
      exists: true,
      entryId: log.entryId(0),
      location: `/api/v1/log/entries/${log.entryId(0)}`,
    });
  });

  it('reads entries, the state, proofs and keys', async () => {
    const log = await startLog(5);
    const client = clientOf(log.url);
    expect(await client.entryByIndex(3)).toMatchObject({ id: log.entryId(3), logIndex: 3, integratedTime: 1700000003 });
    expect((await client.entryById(log.entryId(2))).logIndex).toBe(2);
    expect((await client.entryById(log.entryId(2).slice(16))).logIndex).toBe(2);
    const found = await client.retrieve({ logIndexes: [4, 99], entryUUIDs: [log.entryId(1)] });
    expect(found.map((entry) => entry.logIndex)).toEqual([1, 4]);
    expect(await client.logInfo()).toMatchObject({ active: { treeId: log.treeId, treeSize: 5 }, inactive: [] });
    expect((await client.proof(2, 5)).hashes).toHaveLength(2);
    expect(await client.publicKey(log.treeId)).toBe(log.publicKey);
    expect(log.requests).toContain(`GET /api/v1/log/publicKey?treeID=${log.treeId}`);
  });

  it('says how much of an upload is gone', async () => {
    const log = await startLog();
    const proposal = { apiVersion: '0.0.1', kind: 'test', spec: { a: 'x'.repeat(2 * clientLimits.sentPiece) } };
    const size = JSON.stringify(proposal).length;
    const sent: (readonly [number, number | undefined])[] = [];
    const added = await clientOf(log.url).addEntry(proposal, (done, total) => sent.push([done, total]));
    expect(added.exists).toBe(false);
    expect(sent.map(([done]) => done)).toEqual([0, clientLimits.sentPiece, 2 * clientLimits.sentPiece, size]);
    expect(new Set(sent.map(([, total]) => total))).toEqual(new Set([size]));
    expect(log.leaves[0]?.length).toBe(size);
  });

  it('sends an upload again from its start, and hears a refusal before its end', async () => {
    const lengths: number[] = [];
    const server = await serve((request, response, body) => {
      lengths.push(body.length, Number(request.headers['content-length']));
      response.writeHead(lengths.length > 2 ? 400 : 503).end();
    });
    cleanup.push(() => server.close());
    const proposal = { a: 'x'.repeat(3_000_000) };
    const refused = clientOf(server.url, { retries: 1 }).addEntry(proposal, () => {});
    await expect(refused).rejects.toMatchObject({ details: { status: 400 } });
    const size = JSON.stringify(proposal).length;
    expect(lengths).toEqual([size, size, size, size]);

    const hasty = createServer((_, response) => {
      response.writeHead(413, { ...json, connection: 'close' }).end('{"code":413,"message":"Limit set to 1"}');
    });
    await new Promise<void>((resolve) => hasty.listen(0, '127.0.0.1', resolve));
    cleanup.push(async () => {
      hasty.closeAllConnections();
      hasty.close();
    });
    const url = `http://127.0.0.1:${(hasty.address() as AddressInfo).port}`;
    const early = clientOf(url).addEntry({ a: 'x'.repeat(30_000_000) }, () => {});
    await expect(early).rejects.toMatchObject({ details: { status: 413, message: 'Limit set to 1' } });
  });

  it('searches the index by its two ways', async () => {
    const log = await startLog(3);
    log.indexKeys = [['a@example.com'], ['b'], ['a@example.com', 'b']];
    const client = clientOf(log.url);
    expect(await client.findUuids({ email: 'a@example.com' })).toEqual([log.entryId(2), log.entryId(0)]);
    expect(await client.findUuids({ email: 'a@example.com', subject: 'b', operator: 'and' })).toEqual([log.entryId(2)]);
    expect(await client.findUuids({ subject: 'none' })).toEqual([]);
    const query = { keys: ['B&=+ /'], prefixes: ['a@'], operator: 'or', limit: 1 } as const;
    expect(await client.search(query)).toEqual({
      entries: [{ uuid: log.entryId(2), logIndex: 2, integratedTime: 1700000002, display: null }],
      next: 2,
      indexedTo: 3,
      treeSize: 3,
    });
    expect((await client.search({ ...query, before: 2 })).next).toBeNull();
    expect(log.requests.at(-1)).toBe(
      'GET /api/v1/index/search?key=B%26%3D%2B+%2F&prefix=a%40&operator=or&limit=1&before=2',
    );
  });

  it.each([
    [501, 404],
    [501, 405],
  ])('tells a log without an index (%d) or without pages (%d)', async (first, second) => {
    const server = await serving((response, request) => response.writeHead([first, second][request] ?? 500).end());
    const client = clientOf(server.url);
    const none = expect.objectContaining({ code: 'ERR_NOT_AVAILABLE' });
    await expect(client.findUuids({ email: 'a@b' })).rejects.toThrow(none);
    const query = { keys: ['a'], prefixes: [], operator: 'or', limit: 1 } as const;
    await expect(client.search(query)).rejects.toThrow(none);
    expect(server.requests).toHaveLength(2);
  });

  it('keeps the path the log is served under', async () => {
    const server = await serving((response) => response.writeHead(404).end());
    await expect(clientOf(`${server.url}/rekor`).logInfo()).rejects.toThrow();
    expect(server.requests).toEqual(['GET /rekor/api/v1/log']);
  });

  it('refuses what is no http address', () => {
    for (const url of ['', 'localhost:3000', 'ftp://x/', 'file:///etc/passwd']) {
      expect(() => clientOf(url)).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_INVALID' }));
    }
  });

  it('tells a missing entry', async () => {
    const client = clientOf((await startLog(1)).url);
    await expect(client.entryByIndex(1)).rejects.toMatchObject({ code: 'ERR_ENTRY_NOT_FOUND' });
    await expect(client.entryById('a'.repeat(64))).rejects.toMatchObject({ code: 'ERR_ENTRY_NOT_FOUND' });
  });

  it('refuses another entry than it asked for', async () => {
    const log = await startLog(3);
    const other = JSON.stringify(await log.entry(2));
    log.intercept = (_request, response) => {
      response.writeHead(200, json).end(other);
      return true;
    };
    await expect(clientOf(log.url).entryByIndex(1)).rejects.toMatchObject({ code: 'ERR_ENTRY_MISMATCH' });
    await expect(clientOf(log.url).entryById(log.entryId(1))).rejects.toMatchObject({ code: 'ERR_ENTRY_MISMATCH' });
    // The same leaf, but in another tree than the one named.
    const elsewhere = `00000000000000ff${log.entryId(2).slice(16)}`;
    await expect(clientOf(log.url).entryById(elsewhere)).rejects.toMatchObject({ code: 'ERR_ENTRY_MISMATCH' });
  });

  it('passes a refusal on', async () => {
    const server = await serving((response) =>
      response.writeHead(422, json).end(JSON.stringify({ code: 602, message: 'spec.data in body is required' })),
    );
    await expect(clientOf(server.url).logInfo()).rejects.toMatchObject({
      code: 'ERR_SERVER_REFUSED',
      message: expect.stringContaining('answered 422: spec.data in body is required'),
      details: { status: 422, code: 602, message: 'spec.data in body is required' },
    });
  });

  it.each([
    ['a web page', 'text/html', '<html>Bad gateway</html>', ''],
    ['plain text', 'text/plain', 'first line\nsecond line', 'first line'],
    ['broken JSON', 'application/json', '{"code":', '{"code":'],
    ['other JSON', 'application/json', '[1]', '[1]'],
    ['wrong members', 'application/json', '{"code":"x","message":7}', ''],
  ])('takes %s for a refusal', async (_what, type, body, message) => {
    const server = await serving((response) => response.writeHead(400, { 'content-type': type }).end(body));
    await expect(clientOf(server.url).logInfo()).rejects.toMatchObject({
      code: 'ERR_SERVER_REFUSED',
      details: { status: 400, code: 400, message },
    });
  });

  it('follows no redirect', async () => {
    const target = await startLog(1);
    const server = await serving((response) => response.writeHead(302, { location: `${target.url}/api/v1/log` }).end());
    await expect(clientOf(server.url).logInfo()).rejects.toMatchObject({
      code: 'ERR_SERVER_REFUSED',
      message: expect.stringContaining(`redirects to ${target.url}/api/v1/log`),
    });
    expect(target.requests).toEqual([]);
  });

  it.each([
    ['no content type', {}, '{}'],
    ['a web page', { 'content-type': 'text/html' }, '<html></html>'],
    ['a type that only begins like JSON', { 'content-type': 'application/jsonp' }, '{}'],
    ['no JSON', json, '{"treeSize":'],
    ['a list', json, '[]'],
    ['a negative size', json, '{"treeSize":-1}'],
    ['deep nesting', json, '['.repeat(100_000)],
  ])('refuses a success that is %s', async (_what, headers, body) => {
    const server = await serving((response) => response.writeHead(200, headers).end(body));
    await expect(clientOf(server.url).logInfo()).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
  });

  it.each([
    {},
    { 'content-type': 'text/html' },
    { 'content-type': 'application/jsonp' },
  ])('asks whether this is a log when JSON comes as %p', async (headers) => {
    const server = await serving((response) => response.writeHead(200, headers).end('[]'));
    await expect(clientOf(server.url).retrieve({})).rejects.toMatchObject({
      code: 'ERR_MALFORMED',
      message: expect.stringContaining('is this a log?'),
    });
  });

  it.each([
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/problem+json',
  ])('takes %s for JSON', async (type) => {
    const server = await serving((response) => response.writeHead(200, { 'content-type': type }).end('[]'));
    expect(await clientOf(server.url).retrieve({})).toEqual([]);
  });

  it('refuses none or several entries in place of one', async () => {
    const log = await startLog(2);
    const two = { ...(await log.entry(0)), ...(await log.entry(1)) };
    for (const body of [{}, two]) {
      const server = await serving((response) => response.writeHead(200, json).end(JSON.stringify(body)));
      await expect(clientOf(server.url).entryByIndex(0)).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
    }
  });

  it.each([
    undefined,
    '/api/v1/log/entries/',
    `/x/${'a'.repeat(63)}`,
    `/x/${'a'.repeat(64)}\t`,
  ])('refuses a conflict with location %p', async (location) => {
    const headers = location === undefined ? json : { ...json, location };
    const server = await serving((response) => response.writeHead(409, headers).end('{}'));
    await expect(clientOf(server.url).addEntry({})).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
  });

  describe('limits', () => {
    it('takes an answer at the limit and refuses one byte more', async () => {
      const body = JSON.stringify([]);
      const sized = (size: number) => serving((response) => response.writeHead(200, json).end(body.padEnd(size)));
      const options = { answerBytes: 1000 };
      await expect(clientOf((await sized(1000)).url, options).retrieve({})).resolves.toEqual([]);
      await expect(clientOf((await sized(1001)).url, options).retrieve({})).rejects.toMatchObject({
        code: 'ERR_TOO_LARGE',
      });
    });

    it('stops reading an endless answer', async () => {
      const server = await serving((response) => {
        response.writeHead(200, json);
        const chunk = Buffer.alloc(64 * 1024, ' ');
        const pump = () => {
          while (!response.destroyed && response.write(chunk));
        };
        response.on('drain', pump);
        pump();
      });
      const failure = clientOf(server.url, { answerBytes: 1024 * 1024 }).logInfo();
      await expect(failure).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
    });

    it('reads only the start of an endless refusal', async () => {
      const server = await serving((response) => {
        response.writeHead(400, { 'content-type': 'text/plain' });
        response.write('no'.padEnd(2 * clientLimits.refusalBytes));
      });
      await expect(clientOf(server.url).logInfo()).rejects.toMatchObject({
        code: 'ERR_SERVER_REFUSED',
        details: { message: 'no' },
      });
    });

    it.each([
      ['no answer', () => {}],
      ['half an answer', (response: ServerResponse) => void response.writeHead(200, json).write('{')],
    ])('waits no longer than the timeout for %s', async (_what, handler) => {
      const server = await serving(handler);
      await expect(clientOf(server.url, { timeout: 60, retries: 3 }).logInfo()).rejects.toMatchObject({
        code: 'ERR_NETWORK',
        details: { reason: 'no complete answer within the time limit' },
      });
      expect(server.requests).toHaveLength(1);
    });
  });

  describe('retries', () => {
    it('tries again after 429 and 5xx, as long as Retry-After says', async () => {
      const log = await startLog(1);
      let left = 2;
      log.intercept = (_request, response) => {
        if (left-- === 0) return false;
        response.writeHead(left === 1 ? 429 : 503, left === 1 ? { 'retry-after': '3' } : {}).end();
        return true;
      };
      await expect(clientOf(log.url, { retries: 2 }).logInfo()).resolves.toMatchObject({ active: { treeSize: 1 } });
      expect(sleep.mock.calls.map(([milliseconds]) => milliseconds)).toEqual([3000, 250]);
    });

    it('gives up after its retries, with the last answer', async () => {
      const server = await serving((response) => response.writeHead(503, json).end('{"code":503,"message":"busy"}'));
      await expect(clientOf(server.url, { retries: 2 }).logInfo()).rejects.toMatchObject({
        code: 'ERR_SERVER_REFUSED',
        message: expect.stringContaining('answered 503, after 3 attempts: busy'),
      });
      expect(server.requests).toHaveLength(3);
    });

    it('gives up at once when asked to wait too long', async () => {
      const server = await serving((response) => response.writeHead(429, { 'retry-after': '3600' }).end());
      await expect(clientOf(server.url, { retries: 5 }).logInfo()).rejects.toMatchObject({ details: { status: 429 } });
      expect(server.requests).toHaveLength(1);
    });

    it('does not try again what was refused', async () => {
      const server = await serving((response) => response.writeHead(400).end());
      await expect(clientOf(server.url, { retries: 5 }).logInfo()).rejects.toMatchObject({ details: { status: 400 } });
      expect(server.requests).toHaveLength(1);
    });

    it('tries again after a connection that broke off, before or within the answer', async () => {
      const server = await serving((response, request) => {
        if (request === 0) response.destroy();
        else if (request === 1)
          response.writeHead(200, { ...json, 'content-length': '100' }).write('[', () => response.destroy());
        else response.writeHead(200, json).end('[]');
      });
      await expect(clientOf(server.url, { retries: 2 }).retrieve({})).resolves.toEqual([]);
      expect(server.requests).toHaveLength(3);
    });

    it('names a server that is not there', async () => {
      const server = await serve(() => {});
      await server.close();
      await expect(clientOf(server.url, { retries: 1 }).logInfo()).rejects.toMatchObject({
        code: 'ERR_NETWORK',
        message: `no answer from ${server.url}: connection refused: nothing listens there`,
      });
      expect(sleep).toHaveBeenCalledTimes(1);
    });

    it('ends with the last answer when the time is up while waiting', async () => {
      const server = await serving((response) => response.writeHead(500).end());
      const impatient = async (_milliseconds: number, _signal: AbortSignal) => {
        throw new DOMException('aborted', 'TimeoutError');
      };
      await expect(clientOf(server.url, { retries: 5, sleep: impatient }).logInfo()).rejects.toMatchObject({
        code: 'ERR_SERVER_REFUSED',
        details: { status: 500 },
      });
    });
  });
});
