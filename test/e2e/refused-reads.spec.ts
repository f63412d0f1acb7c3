import { type Ask, ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { checkRefusal, logged, type Refusal, spoilt } from './support/refusal.ts';

const entries = '/api/v1/log/entries';
const retrieve = `${entries}/retrieve`;
const idPattern = '^([0-9a-fA-F]{64}|[0-9a-fA-F]{80})$';
const json = { 'content-type': 'application/json' };
const folder = temporaryFolder();
let node: NodeProcess;
let treeId: string;

beforeAll(async () => {
  node = await NodeProcess.start({
    data: `${folder.path()}/data`,
    limits: { bodyBytes: 4096 },
    logging: { level: 'error' },
  });
  const id = String((await post(node.url, entries, logged)).headers.etag);
  treeId = id.slice(0, 16);
});
afterAll(() => node.stop());

const retrievals: readonly Refusal[] = [
  ['nothing', '', 422, 602, 'entry in body is required'],
  ['half an object', '{', 400, 400, expect.stringContaining('parsing entry body')],
  ['a list', [], 400, 400, expect.stringContaining('parsing entry body')],
  ['an empty list of IDs', { entryUUIDs: [] }, 422, 612, 'entryUUIDs in body should have at least 1 items'],
  ['an empty list of indexes', { logIndexes: [] }, 422, 612, 'logIndexes in body should have at least 1 items'],
  [
    'eleven IDs',
    { entryUUIDs: Array(11).fill('a'.repeat(64)) },
    422,
    611,
    'entryUUIDs in body should have at most 10 items',
  ],
  ['eleven indexes', { logIndexes: Array(11).fill(0) }, 422, 611, 'logIndexes in body should have at most 10 items'],
  [
    'eleven in all',
    { logIndexes: Array(6).fill(0), entryUUIDs: Array(5).fill('a'.repeat(64)) },
    422,
    422,
    'more than max allowed 10 entries in request',
  ],
  ['a short ID', { entryUUIDs: ['a'.repeat(63)] }, 422, 605, `entryUUIDs.0 in body should match '${idPattern}'`],
  ['an ID that is a number', { entryUUIDs: [3] }, 400, 400, expect.stringContaining('parsing entry body')],
  ['a tree id of 0', { entryUUIDs: ['0'.repeat(16) + 'a'.repeat(64)] }, 400, 400, expect.stringContaining('entry ID')],
  [
    'a tree id over 63 bits',
    { entryUUIDs: ['f'.repeat(16) + 'a'.repeat(64)] },
    400,
    400,
    expect.stringContaining('entry ID'),
  ],
  ['a negative index', { logIndexes: [-1] }, 422, 609, 'logIndexes.0 in body should be greater than or equal to 0'],
  ['half an index', { logIndexes: [1.5] }, 400, 400, expect.stringContaining('parsing entry body')],
  [
    'an unknown kind',
    { entries: [{ kind: 'nope', apiVersion: '0.0.1', spec: {} }] },
    400,
    400,
    expect.stringContaining('invalid kind value: "nope"'),
  ],
  ['an entry without kind', { entries: [{}] }, 400, 400, expect.stringContaining('kind in body is required')],
  ['an entry null', { entries: [null] }, 400, 400, expect.stringContaining('parsing entry body')],
  [
    'a wrong signature',
    {
      entries: [
        spoilt((_, s) => {
          s.data.hash.value = '00'.repeat(32);
        }),
      ],
    },
    400,
    400,
    expect.stringContaining('verifying signature'),
  ],
];

type Read = readonly [target: string, status: number, code: number, message: unknown];

const reads: readonly Read[] = [
  [`${entries}/abc`, 422, 605, `entryUUID in path should match '${idPattern}'`],
  [`${entries}/${'a'.repeat(63)}`, 422, 605, `entryUUID in path should match '${idPattern}'`],
  [`${entries}/${'a'.repeat(72)}`, 422, 605, `entryUUID in path should match '${idPattern}'`],
  [`${entries}/${'a'.repeat(3000)}`, 422, 605, `entryUUID in path should match '${idPattern}'`],
  [`${entries}/${'g'.repeat(64)}`, 422, 605, `entryUUID in path should match '${idPattern}'`],
  [`${entries}/%2e%2e`, 422, 605, `entryUUID in path should match '${idPattern}'`],
  [`${entries}/${'0'.repeat(16)}${'a'.repeat(64)}`, 400, 400, expect.stringContaining('entry ID')],
  [`${entries}/${'f'.repeat(16)}${'a'.repeat(64)}`, 400, 400, expect.stringContaining('entry ID')],
  [`${entries}/%zz`, 400, 400, 'malformed request target'],
  [entries, 422, 602, 'logIndex in query is required'],
  [`${entries}?logIndex=`, 422, 602, 'logIndex in query is required'],
  [`${entries}?logindex=0`, 422, 602, 'logIndex in query is required'],
  [`${entries}?logIndex=-1`, 422, 609, 'logIndex in query should be greater than or equal to 0'],
  [`${entries}?logIndex=abc`, 422, 601, 'logIndex in query must be of type int64: "abc"'],
  [`${entries}?logIndex=1.5`, 422, 601, 'logIndex in query must be of type int64: "1.5"'],
  [
    `${entries}?logIndex=9223372036854775808`,
    422,
    601,
    'logIndex in query must be of type int64: "9223372036854775808"',
  ],
  [`${entries}?logIndex=0&logIndex=abc`, 422, 601, 'logIndex in query must be of type int64: "abc"'],
  ['/api/v1/log/publicKey?treeID=abc', 422, 605, "treeID in query should match '^[0-9]+$'"],
  ['/api/v1/log/publicKey?treeID=12345', 400, 400, 'Bad Request'],
  ['/api/v1/log/publicKey?treeID=99999999999999999999', 400, 400, 'Bad Request'],
  ['/api/v1/log/proof', 422, 602, 'lastSize in query is required'],
  ['/api/v1/log/proof?firstSize=0&lastSize=2', 422, 609, 'firstSize in query should be greater than or equal to 1'],
  ['/api/v1/log/proof?firstSize=x&lastSize=2', 422, 601, 'firstSize in query must be of type int64: "x"'],
  ['/api/v1/log/proof?firstSize=2&lastSize=1', 400, 400, 'firstSize(2) must be less than lastSize(1)'],
  [
    '/api/v1/log/proof?lastSize=3',
    400,
    400,
    'the tree size requested(3) was greater than what is currently observable(2)',
  ],
  ['/api/v1/log/proof?lastSize=2&treeID=12345', 400, 400, 'no log range found for tree ID 12345'],
  ['/api/v1/log/proof?lastSize=2&treeID=abc', 422, 605, "treeID in query should match '^[0-9]+$'"],
  ['/api/v1/nope', 404, 404, 'path /api/v1/nope was not found'],
  ['/nope?x=1', 404, 404, 'path /nope was not found'],
  ['/api/v1/index/retrieve', 405, 405, 'method GET is not allowed, but [POST] are'],
];

const odd: readonly (readonly [string, Ask, number, unknown])[] = [
  [entries, { method: 'POST', body: '{}' }, 415, expect.stringContaining('only [application/json] are allowed')],
  [
    entries,
    { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } },
    415,
    expect.stringContaining('"text/plain"'),
  ],
  [entries, { method: 'POST', body: '{}', headers: { 'content-type': ';;;' } }, 415, expect.any(String)],
  [retrieve, { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } }, 415, expect.any(String)],
  [entries, { method: 'PUT', headers: json, body: '{}' }, 405, 'method PUT is not allowed, but [GET,POST] are'],
  ['/api/v1/log', { method: 'DELETE' }, 405, 'method DELETE is not allowed, but [GET] are'],
  ['/api/v1/log', { method: 'OPTIONS' }, 405, 'method OPTIONS is not allowed, but [GET] are'],
  ['/api/v1/log', { method: 'PROPFIND' }, 405, 'method PROPFIND is not allowed, but [GET] are'],
  [
    '/api/v1/log',
    { headers: { accept: 'text/plain' } },
    406,
    'unsupported media type requested, only [application/json] are available',
  ],
  [
    '/api/v1/log/publicKey',
    { headers: { accept: 'text/plain' } },
    406,
    'unsupported media type requested, only [application/x-pem-file application/json] are available',
  ],
];

describe('what is refused', () => {
  it.each(retrievals)('retrieval: %s', async (_name, body, status, code, message) => {
    checkRefusal(await post(node.url, retrieve, body), status, code, message);
  });

  it.each(reads)('GET %s', async (target, status, code, message) => {
    checkRefusal(await ask(node.url, target), status, code, message);
  });

  it.each(odd)('%s %j', async (target, request, status, message) => {
    checkRefusal(await ask(node.url, target, request), status, status, message);
  });

  it('leaves the tree as it was', async () => {
    expect((await ask(node.url, '/api/v1/log')).json).toMatchObject({ treeSize: 2 });
  });

  it('names the methods of a path in Allow', async () => {
    expect((await ask(node.url, entries, { method: 'DELETE' })).headers.allow).toBe('GET,POST');
  });

  it('answers an entry that is not there with a 404 that has no body and no type', async () => {
    for (const target of [
      `${entries}?logIndex=9`,
      `${entries}/${'a'.repeat(64)}`,
      `${entries}/${treeId}${'a'.repeat(64)}`,
    ]) {
      const answer = await ask(node.url, target);
      expect(answer).toMatchObject({ status: 404, text: '' });
      expect(answer.headers['content-type']).toBeUndefined();
      expect(answer.headers['cache-control']).toMatch(/no-store/);
    }
  });
});
