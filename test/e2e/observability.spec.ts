import { Agent, request } from 'node:http';
import { ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { propose } from './support/proposal.ts';

const entries = '/api/v1/log/entries';
const folder = temporaryFolder();
let node: NodeProcess;

beforeAll(async () => {
  node = await NodeProcess.start({ data: `${folder.path()}/data` });
});
afterAll(() => node.stop());

/** The series of our own in /metrics, without their values. */
async function series(): Promise<string[]> {
  const { text } = await ask(node.url, '/metrics');
  return text
    .split('\n')
    .filter((line) => line.startsWith('countersign_'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')));
}

/** Many requests over a few connections; only that they are answered matters. */
async function flood(
  count: number,
  make: (i: number) => { readonly method: string; readonly path: string },
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const { hostname, port } = new URL(node.url);
  const one = (i: number) =>
    new Promise<void>((resolve, reject) => {
      const sent = request({ hostname, port, agent, ...make(i) }, (response) => response.resume().on('end', resolve));
      sent.on('error', reject).end();
    });
  for (let i = 0; i < count; i += 200) await Promise.all(Array.from({ length: 200 }, (_, j) => one(i + j)));
  agent.destroy();
}

it('counts the same series whatever paths and methods clients make up', async () => {
  const methods = ['GET', 'PUT', 'DELETE', 'PATCH', 'PROPFIND', 'MKCOL', 'REPORT', 'LINK'];
  const make = (i: number) => ({
    method: methods[i % methods.length] ?? 'GET',
    path:
      [`/made/up/${i}`, `${entries}/${i.toString(16).padStart(64, '0')}`, `${entries}?logIndex=${i}&x=${i}`][i % 3] ??
      '/',
  });
  await flood(600, make);
  // So that asking is counted itself.
  await series();
  const before = await series();
  await flood(10_000, (i) => make(i + 600));
  expect(await series()).toEqual(before);
  expect(before).toContain('countersign_log_entries');
  expect(before.length).toBeLessThan(400);
});

it('tells load balancers how it is', async () => {
  expect(await ask(node.url, '/ping')).toMatchObject({
    status: 200,
    text: '.',
    headers: { 'content-type': 'text/plain' },
  });
  expect(await ask(node.url, '/ping', { method: 'HEAD' })).toMatchObject({ status: 200, text: '' });
  expect(await ask(node.url, '/healthz')).toMatchObject({ status: 200 });
  expect(await ask(node.url, '/readyz')).toMatchObject({ status: 200 });
});

it("takes a client's request id when it is safe, and makes one when it is not", async () => {
  const id = async (given: string) =>
    (await ask(node.url, '/ping', { headers: { 'x-request-id': given } })).headers['x-request-id'];
  expect(await id('build-42.a_b')).toBe('build-42.a_b');
  expect(await id('x'.repeat(64))).toBe('x'.repeat(64));
  expect(await id('x'.repeat(65))).toMatch(/^[0-9a-f]{12}-/);
  expect(await id('a b')).toMatch(/^[0-9a-f]{12}-/);
  expect(await id('<script>')).toMatch(/^[0-9a-f]{12}-/);
});

it('writes one line a request, with nothing of bodies and queries', async () => {
  const proposal = propose('logged line');
  const { headers } = await post(node.url, `${entries}?apiKey=secret`, proposal);
  const line = await logged(String(headers['x-request-id']));
  expect(line).toEqual([
    {
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      id: headers['x-request-id'],
      from: '127.0.0.1',
      method: 'POST',
      path: entries,
      status: 201,
      ms: expect.any(Number),
      msg: 'request',
    },
  ]);
});

/** The lines about one request, once there are any. */
async function logged(id: string): Promise<readonly unknown[]> {
  for (;;) {
    const lines = node.log.filter((line) => line.id === id);
    if (lines.length > 0) return lines;
    await ask(node.url, '/ping');
  }
}
