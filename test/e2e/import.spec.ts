import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { checkEntry, type Entry, entryOf, logKey } from './support/entry.ts';
import { ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { countersign, type Ran } from './support/program.ts';
import { propose } from './support/proposal.ts';

const entries = '/api/v1/log/entries';
const folder = temporaryFolder();
const path = (name: string): string => join(folder.path(), name);
const quiet = { logging: { level: 'error' } };
jest.setTimeout(120_000);

/** What stands between a log and whoever reads it: its answers, unless `change` gives others. */
async function between<T>(
  url: string,
  change: (request: IncomingMessage, response: ServerResponse) => boolean,
  work: (url: string) => Promise<T>,
): Promise<T> {
  const server = createServer(async (request, response) => {
    const body = (await request.setEncoding('utf8').toArray()).join('');
    if (change(request, response)) return;
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(url + request.url, request.method === 'POST' ? { method: 'POST', headers, body } : {});
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    return await work(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

describe('countersign import rekor', () => {
  const uploaded: Entry[] = [];
  let source: NodeProcess;
  let keys: readonly string[];

  beforeAll(async () => {
    source = await NodeProcess.start({ data: path('source'), ...quiet });
    const upload = async (from: number, to: number): Promise<void> => {
      for (let at = from; at < to; at += 1) {
        uploaded.push(entryOf((await post(source.url, entries, propose(`artifact ${at}`))).json));
      }
    };
    await upload(0, 25);
    expect(await countersign('shard', 'roll', '--new-key', '--data', path('source'))).toMatchObject({ code: 0 });
    await upload(25, 30);
    keys = readdirSync(path('source/keys')).flatMap((name) => {
      const [, treeId = ''] = /rekor-v1-(\d+)\.pem/.exec(name) ?? [];
      return ['--key', `${treeId}=${join(path('source/keys'), name)}`];
    });
  });
  afterAll(() => source.stop());

  it('takes a log over through a server that is slow and fails now and then', async () => {
    let requests = 0;
    const failing = (_: IncomingMessage, response: ServerResponse): boolean => {
      requests += 1;
      if (requests % 3 !== 0) return false;
      response.writeHead(requests % 2 === 0 ? 429 : 503, { 'retry-after': '0' }).end('busy');
      return true;
    };
    const { code, out } = await between(source.url, failing, (url) =>
      countersign('import', 'rekor', '--from', url, '--data', path('data'), ...keys),
    );
    expect({ code, out }).toEqual({ code: 0, out: expect.stringContaining('32 entries') });
    expect(requests).toBeGreaterThan(6);
    expect(await countersign('fsck', '--data', path('data'))).toMatchObject({ code: 0 });

    const [before, node] = [
      await ask(source.url, '/api/v1/log'),
      await NodeProcess.start({ data: path('data'), ...quiet }),
    ];
    try {
      expect((await ask(node.url, '/api/v1/log')).json).toEqual(before.json);
      for (const { id, body, integratedTime, logIndex } of uploaded) {
        const found = entryOf((await ask(node.url, `${entries}/${id}`)).json);
        expect(found).toMatchObject({ id, body, integratedTime, logIndex });
        const treeId = BigInt(`0x${id.slice(0, 16)}`);
        checkEntry(found, (await ask(node.url, `/api/v1/log/publicKey?treeID=${treeId}`)).text);
        const hash = JSON.parse(Buffer.from(body, 'base64').toString()).spec.data.hash.value;
        expect((await post(node.url, '/api/v1/index/retrieve', { hash })).json).toEqual([id]);
      }
      const next = entryOf((await post(node.url, entries, propose('next'))).json);
      expect(next.logIndex).toBe(32);
      checkEntry(next, await logKey(node.url));
    } finally {
      await node.stop();
    }
  });

  it('takes nothing over from what is no log', async () => {
    const garbage = (_: IncomingMessage, response: ServerResponse): boolean => {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"treeID":"7","treeSize":"many"}');
      return true;
    };
    const { code, err } = await between(source.url, garbage, (url) =>
      countersign('import', 'rekor', '--from', url, '--data', path('garbage'), ...keys),
    );
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('ERR_MALFORMED') });
    expect(existsSync(path('garbage/log.sqlite'))).toBe(false);
  });

  it('names the tree that a key is missing for, and the key that is not its own', async () => {
    const into = (...given: readonly string[]): Promise<Ran> =>
      countersign('import', 'rekor', '--from', source.url, '--data', path('keyless'), ...given);
    expect(await into(...keys.slice(0, 2))).toMatchObject({ code: 1, err: expect.stringMatching(/--key \d+=FILE/) });
    const [, one = ''] = (keys[1] ?? '').split('=');
    expect(await into('--key', one)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/is not the one that signed/),
    });
    expect(await into('--key', one, '--key', one)).toMatchObject({ code: 2 });
    expect(existsSync(path('keyless/log.sqlite'))).toBe(false);
  });
});
