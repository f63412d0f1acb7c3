import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runOk } from './support/run.ts';

/** Runs the bench's load generator against a server that answers as told. */
async function load(listener: RequestListener, ...flags: string[]): Promise<Record<string, unknown>> {
  const server: Server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    const args = ['bench/dist/load.js', '--url', url, '--clients', '4', '--requests', '100', '--keys', '2', ...flags];
    return JSON.parse(await runOk(process.execPath, args, { env: { PATH: process.env.PATH ?? '' } }));
  } finally {
    server.close();
  }
}

describe("the bench's load generator", () => {
  it('sends every proposal once, each a different entry', async () => {
    const bodies: string[] = [];
    const result = await load(async (request, response) => {
      bodies.push((await request.setEncoding('utf8').toArray()).join(''));
      response.writeHead(201, { 'content-length': 2 }).end('{}');
    });
    expect(result).toMatchObject({ answers: 100, failed: 0 });
    expect(new Set(bodies.map((body) => JSON.parse(body).spec.data.hash.value)).size).toBe(100);
  });

  it('waits for the end of an answer that comes in chunks, and reads by index', async () => {
    const seen: (string | undefined)[] = [];
    const reads = await load(
      (request, response) => {
        if (request.url === '/api/v1/log') {
          response.end('{"treeSize":7}');
          return;
        }
        seen.push(request.url);
        response.write(`{"body":"${'x'.repeat(100_000)}`);
        setImmediate(() => response.end('"}'));
      },
      '--mode',
      'get',
    );
    expect(reads).toMatchObject({ answers: 100, failed: 0 });
    expect(new Set(seen)).toEqual(
      new Set(Array.from({ length: 7 }, (_, index) => `/api/v1/log/entries?logIndex=${index}`)),
    );
  });

  it('counts what was refused', async () => {
    const result = await load((request, response) => {
      request.resume();
      response.writeHead(429, { 'content-length': 4 }).end('full');
    });
    expect(result).toMatchObject({ answers: 100, failed: 100, firstFailure: '429 full' });
  });
});
