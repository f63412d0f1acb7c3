import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type LogUnderTest, startLog } from './support/log-under-test.ts';
import { pathsOf, withField } from './support/makers/fields.ts';
import { make, makers } from './support/makers/index.ts';

// Rekor's advisories against a node that runs. What uncompresses to more than memory (CVE-2023-30551, CVE-2026-48702)
// is in bombs.spec.ts; every field that may be absent is in fields.spec.ts.
let log: LogUnderTest;
let elsewhere: Server;
let address: string;
/** Connections to {@link elsewhere}. */
let connections = 0;

beforeAll(async () => {
  elsewhere = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
  elsewhere.on('connection', () => {
    connections += 1;
  });
  await once(elsewhere, 'listening');
  address = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/key`;
  log = await startLog();
});

afterAll(async () => {
  elsewhere.close();
  await log.close();
});

async function post(path: string, body: unknown): Promise<number> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${log.url}/api/v1/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  await response.text();
  return response.status;
}

describe('CVE-2023-33199: an in-toto envelope that lacks a part is a refusal', () => {
  it.each([
    null,
    {},
    [],
    { payloadType: null, payload: null, signatures: null },
    { signatures: [null] },
  ])('%j', async (envelope) => {
    const { publicKey } = make('intoto 0.0.1').spec;
    const first = { content: { envelope: JSON.stringify(envelope) }, publicKey };
    expect(await post('log/entries', { kind: 'intoto', apiVersion: '0.0.1', spec: first })).toBe(400);
    const second = { content: { envelope, hash: { algorithm: 'sha256', value: '00'.repeat(32) } } };
    expect(await post('log/entries', { kind: 'intoto', apiVersion: '0.0.2', spec: second })).toBe(400);
    const dsse = { proposedContent: { envelope: JSON.stringify(envelope), verifiers: [publicKey] } };
    expect(await post('log/entries', { kind: 'dsse', apiVersion: '0.0.1', spec: dsse })).toBe(400);
  });
});

describe('CVE-2026-23831: a COSE entry without a message is a refusal', () => {
  it.each([undefined, null, '', {}, 'AA=='])('%j', async (message) => {
    for (const data of [{}, null, undefined]) {
      const proposal = make('cose');
      const spoilt = withField(withField(proposal, ['spec', 'message'], message), ['spec', 'data'], data);
      expect(await post('log/entries', spoilt)).toBe(400);
      expect([400, 422]).toContain(await post('log/entries/retrieve', { entries: [spoilt] }));
    }
  });
});

describe('CVE-2026-24117: nothing that a client names is fetched', () => {
  /** A proposal with an address in each of its objects, in place of each of its strings, and beside no content. */
  function* withAddress(proposal: object): Generator<object> {
    const paths = pathsOf(proposal).map((path) => ({
      path,
      value: path.reduce<unknown>((json, name) => (json as never)[name], proposal),
    }));
    for (const { path, value } of paths) {
      if (typeof value === 'string') {
        yield withField(proposal, path, address);
        yield withField(proposal, path, Buffer.from(address).toString('base64'));
        yield withField(withField(proposal, path, undefined), [...path.slice(0, -1), 'url'], address);
        yield withField(withField(proposal, path, undefined), [...path.slice(0, -1), `${path.at(-1)}Url`], address);
      } else if (typeof value === 'object' && !Array.isArray(value)) {
        yield withField(proposal, [...path, 'url'], address);
      }
    }
  }

  it.each(Object.entries(makers))('uploaded or looked for: %s', async (_, make) => {
    for (const proposal of withAddress(make())) {
      expect(await post('log/entries', proposal)).toBeLessThan(500);
      expect(await post('log/entries/retrieve', { entries: [proposal] })).toBeLessThan(500);
    }
    expect(connections).toBe(0);
  });

  it.each(['pgp', 'x509', 'minisign', 'ssh', 'tuf', 'pkcs7'])('searched for by a key of %s', async (format) => {
    for (const content of [undefined, address, Buffer.from(address).toString('base64')]) {
      const status = await post('index/retrieve', { publicKey: { format, url: address, content } });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
    expect(connections).toBe(0);
  });

  it('is told from what is fetched', async () => {
    await (await fetch(address)).text();
    expect(connections).toBe(1);
  });
});
