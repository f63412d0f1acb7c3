import { rmSync } from 'node:fs';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { send } from './support/entries.ts';
import { temporaryFolder } from './support/log-under-test.ts';
import { type Bomb, bombsBy, gzipBombs, parserBombs, zipBombs } from './support/makers/bombs.ts';
import { gzipBomb } from './support/makers/hostile.ts';
import { make, makers } from './support/makers/index.ts';
import { freePort, NodeProcess } from './support/node-process.ts';
import { residentMemory } from './support/resident-memory.ts';
import { placeOfTool } from './support/tools.ts';

/** By how much all bombs together may let the node grow, in bytes. */
const cap = 200 * 2 ** 20;

const data = temporaryFolder();
let node: NodeProcess;
let idle: number;

beforeAll(async () => {
  node = await NodeProcess.start({ data, port: await freePort() });
  // Everything is loaded, and a body as large as can be was there.
  for (const make of Object.values(makers)) expect((await send(node.url, JSON.stringify(make()))).status).toBe(201);
  expect((await send(node.url, `${' '.repeat(8_000_000)}{}`)).status).toBe(422);
  idle = residentMemory(node.pid).now;
});

afterAll(async () => {
  process.stderr.write(`bombs: ${Math.round((residentMemory(node.pid).most - idle) / 2 ** 20)} MiB at most\n`);
  await node.stop();
  rmSync(data, { recursive: true });
});

/** What an upload was answered, within the node's bounds. */
async function answerTo(body: string | Uint8Array, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(`${node.url}/api/v1/log/entries`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const text = await response.text();
  expect(text).not.toContain('took too long');
  expect(residentMemory(node.pid).most - idle).toBeLessThan(cap);
  return response.status;
}

const explode = async (_name: string, make: Bomb[1], status: number) => {
  expect(await answerTo(JSON.stringify(make()))).toBe(status);
};

describe('a bomb that is not inflated beyond its bounds', () => {
  it.each(zipBombs)('zip: %s', explode);
  it.each(gzipBombs)('gzip: %s', explode);

  // The methods of APPNOTE §4.4.5.
  (placeOfTool('zstd') === '' ? describe.skip : describe)('zstd', () => {
    it.each(bombsBy('zstd -q -19', 93))('%s', explode);
  });
  (placeOfTool('xz') === '' ? describe.skip : describe)('xz', () => {
    it.each(bombsBy('xz -0', 95))('%s', explode);
  });

  it.each([
    ['gzip', () => gzipBomb(1024)],
    ['deflate', () => deflateSync(Buffer.alloc(2 ** 28, ' '))],
    ['br', () => brotliCompressSync(Buffer.alloc(2 ** 28, ' '))],
    ['gzip, gzip', () => gzipSync(gzipBomb(1024))],
  ])('a body encoded as %s', async (encoding, make) => {
    expect(await answerTo(make(), { 'content-encoding': encoding })).toBe(400);
  });

  it('a proposal that would be good were it inflated', async () => {
    const body = gzipSync(JSON.stringify(make('hashedrekord')));
    expect(await answerTo(body, { 'content-encoding': 'gzip' })).toBe(400);
  });
});

describe('what nests, repeats or lies without end', () => {
  it.each(parserBombs)('%s', explode);
});
