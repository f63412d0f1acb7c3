import { once } from 'node:events';
import { connect } from 'node:net';
import { ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { propose } from './support/proposal.ts';

const entries = '/api/v1/log/entries';
const bodyBytes = 4096;
const folder = temporaryFolder();
let node: NodeProcess;

beforeAll(async () => {
  const limits = { bodyBytes, headerBytes: 4096, headerSeconds: 1, requestSeconds: 2, connections: 8 };
  node = await NodeProcess.start({ data: `${folder.path()}/data`, limits, logging: { level: 'error' } });
});
afterAll(() => node.stop());

/** What the server says to bytes, until it hangs up. */
async function talk(...parts: readonly string[]): Promise<string> {
  const { hostname, port } = new URL(node.url);
  const socket = connect(Number(port), hostname);
  const heard: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => heard.push(chunk));
  for (const part of parts) socket.write(part);
  await once(socket, 'close');
  return Buffer.concat(heard).toString();
}

it('takes a body of the limit and refuses one byte more', async () => {
  const text = JSON.stringify(propose('as large as can be'));
  const fitting = text + ' '.repeat(bodyBytes - text.length);
  expect((await post(node.url, entries, fitting)).status).toBe(201);
  const over = await post(node.url, entries, `${fitting} `);
  expect(over).toMatchObject({
    status: 413,
    json: { code: 413, message: 'Request Entity Too Large. Limit set to 4096' },
  });
});

it('refuses a body that does not say how long it is and goes on', async () => {
  const chunk = `800\r\n${' '.repeat(2048)}\r\n`;
  const heard = await talk(
    `POST ${entries} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`,
    chunk,
    chunk,
    chunk,
  );
  expect(heard).toMatch(/^HTTP\/1\.1 413 /);
});

it('hangs up on headers and bodies that do not arrive in time', async () => {
  expect(await talk('GET /ping HTTP/1.1\r\nHost: x\r\nX-Slow: ')).toMatch(/^HTTP\/1\.1 408 /);
  const half = await talk(
    `POST ${entries} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{`,
  );
  expect(half).toMatch(/^HTTP\/1\.1 408 /);
});

it('refuses a header over the limit, and what is no HTTP', async () => {
  expect(await talk(`GET /ping HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(8192)}\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 431 .*\{"code":431,"message":"Request Header Fields Too Large"\}$/s,
  );
  expect(await talk('\x16\x03\x01 this is TLS\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
});

it('has room for no more connections than it says', async () => {
  const { hostname, port } = new URL(node.url);
  const open = Array.from({ length: 8 }, () => connect(Number(port), hostname));
  await Promise.all(open.map((socket) => once(socket, 'connect')));
  const closed = connect(Number(port), hostname);
  closed.on('error', () => undefined);
  await once(closed, 'close');
  for (const socket of open) socket.destroy();
});

it('still answers', async () => {
  // There is room again once the server has seen the connections end.
  let answer = await ask(node.url, '/ping').catch(() => undefined);
  while (answer === undefined) answer = await ask(node.url, '/ping').catch(() => undefined);
  expect(answer).toMatchObject({ status: 200, text: '.' });
});
