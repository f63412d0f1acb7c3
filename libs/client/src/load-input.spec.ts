import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createDispatcher } from './dispatcher.ts';
import { clientLimits } from './limits.ts';
import { type InputOptions, loadInput } from './load-input.ts';
import { type Serving, serve } from './testing/serve.ts';

const dispatcher = createDispatcher();
let folder: string;
const servers: Serving[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-input-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await dispatcher.destroy();
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

function load(source: string, options: Partial<InputOptions> = {}): Promise<string> {
  const stdin = Readable.from([Buffer.from('from '), Buffer.from('stdin')]);
  const all = { what: 'artifact', maxBytes: 1000, stdin, dispatcher, userAgent: 'test/1', ...options };
  return loadInput(source, all).then((bytes) => Buffer.from(bytes).toString());
}

async function serving(handler: (response: ServerResponse, path: string) => void): Promise<Serving> {
  const server = await serve((request, response) => handler(response, request.url ?? ''));
  servers.push(server);
  return server;
}

describe('loadInput', () => {
  it('reads a file, also one named like an option', async () => {
    const path = join(folder, '--artifact');
    await writeFile(path, 'content');
    expect(await load(path)).toBe('content');
  });

  it('reads standard input', async () => expect(await load('-')).toBe('from stdin'));

  it('downloads, following redirects to another host too', async () => {
    const target = await serving((response) => response.end('downloaded'));
    const server = await serving((response, path) =>
      path === '/a'
        ? response.writeHead(302, { location: 'b' }).end()
        : response.writeHead(307, { location: `${target.url}/c` }).end(),
    );
    expect(await load(`${server.url}/a`)).toBe('downloaded');
    expect(server.requests).toEqual(['GET /a', 'GET /b']);
  });

  it.each([
    ['there is no such file', 'missing'],
    ['it is a folder', '.'],
  ])('says that %s', async (why, name) => {
    await expect(load(join(folder, name))).rejects.toMatchObject({
      code: 'ERR_INPUT_UNREADABLE',
      message: `cannot read the artifact ${join(folder, name)}: ${why}`,
    });
  });

  it('takes what is as large as the limit, and not one byte more', async () => {
    const path = join(folder, 'large');
    await writeFile(path, 'x'.repeat(1000));
    expect(await load(path)).toHaveLength(1000);
    await expect(load(path, { maxBytes: 999 })).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
    const server = await serving((response) => response.end('y'.repeat(1000)));
    expect(await load(server.url)).toHaveLength(1000);
    await expect(load(server.url, { maxBytes: 999 })).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
    await expect(load('-', { maxBytes: 9 })).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });

  it('stops an endless download', async () => {
    const server = await serving((response) => {
      const pump = () => {
        while (!response.destroyed && response.write('z'.repeat(10_000)));
      };
      response.on('drain', pump);
      pump();
    });
    await expect(load(server.url)).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });

  it('follows as many redirects as the limit, and not one more', async () => {
    const server = await serving((response, path) => {
      const left = Number(path.slice(1));
      if (left === 0) response.end('there');
      else response.writeHead(301, { location: `/${left - 1}` }).end();
    });
    expect(await load(`${server.url}/${clientLimits.inputRedirects}`)).toBe('there');
    await expect(load(`${server.url}/${clientLimits.inputRedirects + 1}`)).rejects.toMatchObject({
      code: 'ERR_INPUT_UNREADABLE',
    });
  });

  it('ends a redirect loop', async () => {
    const server = await serving((response) => response.writeHead(302, { location: '/' }).end());
    await expect(load(server.url)).rejects.toMatchObject({ code: 'ERR_INPUT_UNREADABLE' });
    expect(server.requests).toHaveLength(clientLimits.inputRedirects + 1);
  });

  it.each([
    'file:///etc/passwd',
    'ftp://127.0.0.1/',
    'http://[',
    undefined,
  ])('refuses a redirect to %p', async (location) => {
    const server = await serving((response) =>
      response.writeHead(302, location === undefined ? {} : { location }).end(),
    );
    await expect(load(server.url)).rejects.toMatchObject({ code: 'ERR_INPUT_UNREADABLE' });
  });

  it.each([204, 206, 304, 404, 500])('takes no %i for the content', async (status) => {
    const server = await serving((response) => response.writeHead(status).end());
    await expect(load(server.url)).rejects.toMatchObject({ code: 'ERR_INPUT_UNREADABLE' });
  });

  it('waits no longer than the timeout', async () => {
    const server = await serving((response) => void response.write('a'));
    await expect(load(server.url, { timeout: 60 })).rejects.toMatchObject({ code: 'ERR_NETWORK' });
  });

  it('refuses half a download', async () => {
    const server = await serving((response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy());
    });
    await expect(load(server.url)).rejects.toMatchObject({ code: 'ERR_NETWORK' });
  });

  it('refuses what only looks like an address', async () => {
    await expect(load('http://')).rejects.toMatchObject({ code: 'ERR_INPUT_UNREADABLE' });
  });
});
