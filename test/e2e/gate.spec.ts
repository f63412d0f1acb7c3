import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FakeIssuer } from '@countersign/oidc/testing';
import { flip, writeFlipPolicy } from './support/flip-policy.ts';
import { type Answer, ask } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { propose } from './support/proposal.ts';

const folder = temporaryFolder();
const entries = '/api/v1/log/entries';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const secret = 'correct-horse-battery-staple';
let issuer: FakeIssuer;
beforeAll(async () => {
  issuer = await FakeIssuer.start();
});
afterAll(() => issuer.close());

let runs = 0;
async function start(admission: Readonly<Record<string, unknown>>): Promise<NodeProcess> {
  const file = join(folder.path(), `node-${runs}.yaml`);
  writeFileSync(file, JSON.stringify({ log: { admission }, plugins: { folders: [join(folder.path(), 'plugin')] } }));
  return NodeProcess.start({ data: join(folder.path(), `data-${runs++}`) }, file);
}

function upload(url: string, artifact: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return ask(url, entries, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(propose(artifact)),
  });
}

describe('who asks', () => {
  let node: NodeProcess;
  beforeAll(async () => {
    writeFlipPolicy(join(folder.path(), 'plugin'));
    node = await start({
      policies: flip('deny'),
      tokens: [{ name: 'ci', sha256: sha256(secret) }],
      issuers: [{ issuer: issuer.url, audience: 'countersign', privateAddress: true }],
    });
  });
  afterAll(() => node.stop());

  /** What the policies are told: the policy that denies says it. */
  async function told(authorization?: string): Promise<unknown> {
    const answer = await upload(node.url, 'who', authorization === undefined ? {} : { authorization });
    expect(answer.status).toBe(403);
    const { message } = answer.json as { message: string };
    return JSON.parse(message.slice(message.indexOf('{')));
  }

  it('is nobody without a token', async () => {
    expect(await told()).toEqual({});
  });

  it('is the holder of a token of the settings', async () => {
    expect(await told(`Bearer ${secret}`)).toEqual({ requester: { type: 'token', name: 'ci' } });
    expect(await told(`Bearer ${secret}x`)).toEqual({ unauthenticated: expect.stringContaining('not valid') });
    expect(await told(`Bearer ${sha256(secret)}`)).toEqual({ unauthenticated: expect.any(String) });
  });

  it('is whom an issuer names', async () => {
    const token = issuer.token({ email: 'a@b.example', email_verified: true, other: 'x' });
    expect(await told(`Bearer ${token}`)).toEqual({
      requester: {
        type: 'oidc',
        issuer: issuer.url,
        subject: 'somebody',
        email: 'a@b.example',
        emailVerified: true,
      },
    });
    const wrong = issuer.token({ aud: 'other' });
    expect(await told(`Bearer ${wrong}`)).toEqual({ unauthenticated: expect.stringContaining('audience') });
  });

  it('is nobody while a hostile token says it is somebody', async () => {
    for (const token of ['.'.repeat(10_000), 'a.b.c', `${'A'.repeat(10_000)}.A.A`, 'eyJhbGciOiJub25lIn0.e30.']) {
      expect(await told(`Bearer ${token}`)).toEqual({ unauthenticated: expect.any(String) });
    }
    expect(await told('Basic YTpi')).toEqual({ unauthenticated: expect.stringContaining('no bearer token') });
  });
});

describe('the policy requester', () => {
  it('lets in whom it lists, and tells the others why not', async () => {
    const gone = await FakeIssuer.start();
    const unreachable = gone.token({});
    const issuers = [issuer.url, gone.url].map((url) => ({
      issuer: url,
      audience: 'countersign',
      privateAddress: true,
    }));
    const settings = { tokens: ['ci'], identities: [{ issuer: issuer.url, subject: 'somebody' }] };
    const tokens = ['ci', 'guest'].map((name) => ({ name, sha256: sha256(`${secret}-${name}`) }));
    const node = await start({ policies: [{ policy: 'requester', settings }], tokens, issuers });
    await gone.close();
    let count = 0;
    const tried = async (token?: string): Promise<string> => {
      const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const { status, json } = await upload(node.url, `requester ${count++}`, authorization);
      return status === 201 ? '201' : `${status} ${(json as { message: string }).message}`;
    };
    expect(await tried()).toMatch(/^403 /);
    expect(await tried(`${secret}-ci`)).toBe('201');
    expect(await tried(`${secret}-guest`)).toMatch(/^403 /);
    expect(await tried(`${secret}-nobody`)).toMatch(/^403 .*the token is not valid/);
    expect(await tried(issuer.token({}))).toBe('201');
    expect(await tried(issuer.token({ sub: 'somebody else' }))).toMatch(/^403 /);
    expect(await tried(issuer.token({ exp: 1 }))).toMatch(/^403 .*expired/);
    expect(await tried(unreachable)).toMatch(/^403 .*gives no keys; try again later/);
    expect(await node.stop()).toBe(0);
  });
});

describe('rates', () => {
  it('refuse one upload over the burst of an address with 429 and when to try again, before anything is read', async () => {
    const node = await start({ rates: { perAddress: { burst: 3, perMinute: 1 } }, trustedProxies: ['127.0.0.1'] });
    expect((await upload(node.url, 'a')).status).toBe(201);
    expect((await upload(node.url, 'b')).status).toBe(201);
    const rubbish = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' };
    expect((await ask(node.url, entries, rubbish)).status).toBe(400);
    const refused = await upload(node.url, 'c');
    expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': expect.stringMatching(/^(60|5\d)$/) } });
    expect(refused.json).toEqual({
      code: 429,
      message: expect.stringMatching(
        /^address 127\.0\.0\.1 uploads more often than this log allows; try again in \d+ s$/,
      ),
    });
    expect((await ask(node.url, entries, rubbish)).status).toBe(429);
    // Of another client behind the same proxy, and reads of the same one.
    expect((await upload(node.url, 'c', { 'x-forwarded-for': '192.0.2.1' })).status).toBe(201);
    expect((await ask(node.url, '/api/v1/log')).status).toBe(200);
    const metrics = (await ask(node.url, '/metrics')).text;
    expect(metrics).toContain('countersign_rate_limited_total{by="address"} 2\n');
    expect(metrics).toContain('countersign_rate_limited_total{by="key"} 0\n');
    expect(await node.stop()).toBe(0);
  });

  it('count a key where nobody is known, not for what is there already, and a requester for everything', async () => {
    const node = await start({
      rates: { perIdentity: { burst: 2, perMinute: 1 } },
      tokens: [{ name: 'ci', sha256: sha256(secret) }],
    });
    const known = { authorization: `Bearer ${secret}` };
    const repeated = propose('again');
    const again = (headers: Readonly<Record<string, string>> = {}) =>
      ask(node.url, entries, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(repeated),
      });
    expect((await again()).status).toBe(201);
    for (let i = 0; i < 3; i++) expect((await again()).status).toBe(409);
    expect((await upload(node.url, 'x')).status).toBe(201);
    expect(await upload(node.url, 'y')).toMatchObject({ status: 429, headers: { 'retry-after': expect.anything() } });
    expect((await upload(node.url, 'y', known)).status).toBe(201);
    expect((await again(known)).status).toBe(409);
    expect(await upload(node.url, 'z', known)).toMatchObject({
      status: 429,
      json: { message: expect.stringContaining('this requester') },
    });
    expect(await node.stop()).toBe(0);
  });
});
