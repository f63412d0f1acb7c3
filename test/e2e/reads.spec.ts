import { compileSchema } from '@countersign/schema';
import { logV1Schemas } from '@countersign/schemas';
import { checkEntry, entryOf, logKey } from './support/entry.ts';
import { ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { propose } from './support/proposal.ts';

interface Kinds {
  readonly entryTypes: readonly { readonly kind: string; readonly apiVersion: string; readonly schema: object }[];
  readonly pkiFormats: readonly { readonly id: string }[];
}

const entries = '/api/v1/log/entries';
const retrieve = `${entries}/retrieve`;
const folder = temporaryFolder();
const proposals = [propose('one'), propose('two'), propose('three')];
const ids: string[] = [];
let node: NodeProcess;

beforeAll(async () => {
  node = await NodeProcess.start({ data: `${folder.path()}/data` });
  for (const proposal of proposals) ids.push(String((await post(node.url, entries, proposal)).headers.etag));
});
afterAll(() => node.stop());

/** The IDs of a retrieval's answer. */
async function retrieved(query: object, target = retrieve): Promise<string[]> {
  const { status, json } = await post(node.url, target, query);
  expect(status).toBe(200);
  return (json as object[]).map((entry) => entryOf(entry).id);
}

it('starts with an entry about the log itself, signed by its key', async () => {
  const key = await logKey(node.url);
  const entry = entryOf((await ask(node.url, `${entries}?logIndex=0`)).json);
  checkEntry(entry, key);
  const body = JSON.parse(Buffer.from(entry.body, 'base64').toString());
  expect(body.kind).toBe('hashedrekord');
  expect(Buffer.from(body.spec.signature.publicKey.content, 'base64').toString()).toBe(key);
  expect(node.created.at(-1)).toContain(entry.id);
});

it('answers an upload with the whole entry, its ID as ETag, and where it is', async () => {
  const answer = await post(node.url, `${entries}/`, propose('uploaded'));
  expect(answer.status).toBe(201);
  const entry = entryOf(answer.json);
  expect(answer.headers).toMatchObject({
    etag: entry.id,
    location: `${entries}/${entry.id}`,
    'content-type': 'application/json',
  });
  checkEntry(entry, await logKey(node.url));
  expect(entry.verification.inclusionProof.treeSize).toBe(entry.logIndex + 1);
});

it('finds an entry by ID, by UUID, in either case, by index, and with a trailing slash', async () => {
  const [id = ''] = ids;
  const key = await logKey(node.url);
  const targets = [`/${id}`, `/${id.slice(16)}`, `/${id.toUpperCase()}`, '?logIndex=1', '/?logIndex=1', `/${id}/`];
  for (const target of targets) {
    const answer = await ask(node.url, entries + target);
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
    const entry = entryOf(answer.json);
    expect(entry).toMatchObject({ id, logIndex: 1 });
    checkEntry(entry, key);
  }
});

it('takes the last index where there are two, and a sign', async () => {
  expect(entryOf((await ask(node.url, `${entries}?logIndex=0&logIndex=2`)).json).logIndex).toBe(2);
  expect(entryOf((await ask(node.url, `${entries}?logIndex=%2B02`)).json).logIndex).toBe(2);
});

it("retrieves in upstream's order: full IDs, UUIDs, proposals, indexes", async () => {
  const [one = '', two = '', three = ''] = ids;
  const query = { logIndexes: [3, 1], entries: [proposals[2]], entryUUIDs: [two.slice(16), one, three.slice(16), two] };
  const expected = [one, two, two, three, three, three, one];
  expect(await retrieved(query)).toEqual(expected);
  expect(await retrieved(query, `${retrieve}/`)).toEqual(expected);
});

it('leaves out what it does not have', async () => {
  const [one = ''] = ids;
  const unknown = [`${'1'.repeat(16)}${one.slice(16)}`, one.slice(0, 16) + 'a'.repeat(64), 'a'.repeat(64)];
  expect(await retrieved({ entryUUIDs: unknown, logIndexes: [99], entries: [propose('never logged')] })).toEqual([]);
  expect(await retrieved({ entryUUIDs: [...unknown, one], logIndexes: [99, 1] })).toEqual([one, one]);
});

it('takes null for a list, and an empty list of entries', async () => {
  expect(await retrieved({})).toEqual([]);
  expect(await retrieved({ entryUUIDs: null, logIndexes: null, entries: null })).toEqual([]);
  expect(await retrieved({ entries: [] })).toEqual([]);
  expect((await post(node.url, retrieve, 'null')).text).toBe('[]');
});

it('shows its state, and proves that it grew', async () => {
  const { status, json } = await ask(node.url, '//api/v1/./log/');
  expect(status).toBe(200);
  const info = json as { readonly treeID: string; readonly rootHash: string; readonly treeSize: number };
  expect(info).toEqual({
    inactiveShards: null,
    rootHash: expect.stringMatching(/^[0-9a-f]{64}$/),
    signedTreeHead: expect.stringContaining(`127.0.0.1 - ${info.treeID}\n${info.treeSize}\n`),
    treeID: expect.stringMatching(/^[1-9]\d*$/),
    treeSize: 5,
  });
  expect(BigInt(info.treeID).toString(16).padStart(16, '0')).toBe(ids[0]?.slice(0, 16));
  const proof = await ask(node.url, `/api/v1/log/proof?firstSize=2&lastSize=3&treeID=${info.treeID}`);
  expect(proof.json).toEqual({ rootHash: info.rootHash, hashes: [expect.any(String)] });
  expect((await ask(node.url, '/api/v1/log/proof?firstSize=2&lastSize=2')).json).toEqual({
    rootHash: info.rootHash,
    hashes: [],
  });
});

it('gives its key as PEM, or as JSON to who asks for it', async () => {
  const pem = await ask(node.url, '/api/v1/log/publicKey', {
    headers: { accept: 'application/json, application/x-pem-file' },
  });
  expect(pem).toMatchObject({ status: 200, headers: { 'content-type': 'application/x-pem-file' } });
  expect(pem.text).toMatch(/^-----BEGIN PUBLIC KEY-----\n/);
  const quoted = await ask(node.url, '/api/v1/log/publicKey', { headers: { accept: 'application/json' } });
  expect(quoted).toMatchObject({ headers: { 'content-type': 'application/json' }, json: pem.text });
});

it('tells caches and browsers what they may do', async () => {
  const origin = 'https://page.example';
  const read = await ask(node.url, '/api/v1/log', { headers: { origin } });
  expect(read.headers).toMatchObject({
    'access-control-allow-origin': '*',
    'cache-control': 'no-cache, no-store, no-transform, must-revalidate, private, max-age=0',
    expires: 'Thu, 01 Jan 1970 00:00:00 GMT',
    pragma: 'no-cache',
    vary: 'Origin',
    'x-accel-expires': '0',
  });
  const preflight = (method: string) =>
    ask(node.url, entries, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'content-type' },
    });
  expect(await preflight('POST')).toMatchObject({
    status: 204,
    text: '',
    headers: {
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': 'content-type',
    },
  });
  expect((await preflight('DELETE')).headers['access-control-allow-origin']).toBeUndefined();
});

it('describes itself: OpenAPI from the schemas and the loaded kinds, and a page that fetches nothing', async () => {
  const { json } = await ask(node.url, '/openapi.json');
  const document = json as Record<string, Record<string, Record<string, unknown>>>;
  expect(document.openapi).toBe('3.1.1');
  expect(Object.keys(document.paths ?? {})).toEqual([
    '/api/v1/log',
    '/api/v1/log/kinds',
    '/api/v1/log/publicKey',
    '/api/v1/log/proof',
    '/api/v1/log/entries',
    '/api/v1/log/entries/{entryUUID}',
    '/api/v1/log/entries/retrieve',
    '/api/v1/index/retrieve',
    '/api/v1/index/search',
  ]);
  expect(document.components?.schemas?.ProposedEntry).toMatchObject({
    oneOf: expect.arrayContaining([{ $ref: '#/components/schemas/Proposed.hashedrekord.0.0.1' }]),
  });
  const references = JSON.stringify(json).match(/#\/components\/schemas\/[^"]+/g) ?? [];
  for (const reference of new Set(references)) {
    expect(Object.keys(document.components?.schemas ?? {})).toContain(reference.split('/').at(-1));
  }
  for (const page of ['/', '/docs']) {
    const { status, headers, text } = await ask(node.url, page);
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'text/html; charset=utf-8' });
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'/);
    expect(text).not.toMatch(/<script|<link|src=|@import|url\(/);
  }
});

it('says what it takes: entry types with their schemas, and PKI formats', async () => {
  const answer = await ask(node.url, '/api/v1/log/kinds');
  expect(answer.status).toBe(200);
  expect(compileSchema(logV1Schemas.LogKinds)(answer.json)).toBeUndefined();
  const { entryTypes, pkiFormats } = answer.json as Kinds;
  expect(entryTypes).toContainEqual(
    expect.objectContaining({
      kind: 'hashedrekord',
      apiVersion: '0.0.1',
      schema: expect.objectContaining({ title: 'hashedrekord 0.0.1' }),
    }),
  );
  expect(pkiFormats.map(({ id }) => id)).toEqual(expect.arrayContaining(['pgp', 'ssh', 'x509']));
});
