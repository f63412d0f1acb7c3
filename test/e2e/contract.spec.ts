import { type Answer, type Ask, ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { type Proposal, propose, type Spec } from './support/proposal.ts';

const entries = '/api/v1/log/entries';
const retrieve = `${entries}/retrieve`;
const idPattern = '^([0-9a-fA-F]{64}|[0-9a-fA-F]{80})$';
const semver = expect.stringMatching(/^apiVersion in body should match '/);
const json = { 'content-type': 'application/json' };
const folder = temporaryFolder();
let node: NodeProcess;
let treeId: string;
/** The entry ID of {@link logged}. */
let id: string;
const logged = propose('logged before everything else');

beforeAll(async () => {
  node = await NodeProcess.start({
    data: `${folder.path()}/data`,
    limits: { bodyBytes: 4096 },
    logging: { level: 'error' },
  });
  id = String((await post(node.url, entries, logged)).headers.etag);
  treeId = id.slice(0, 16);
});
afterAll(() => node.stop());

/** The logged proposal with something wrong in it: whatever is wrong, it cannot add an entry. */
function spoilt(spoil: (proposal: Proposal, spec: Spec) => void): Proposal {
  const proposal = structuredClone(logged);
  spoil(proposal, proposal.spec);
  return proposal;
}

const spec = 'error processing entry: validation failure list:\n';
type Refusal = readonly [name: string, body: unknown, status: number, code: number, message: unknown];

const uploads: readonly Refusal[] = [
  ['nothing', '', 422, 602, 'proposedEntry in body is required'],
  ['half an object', '{', 400, 400, expect.stringContaining('malformed JSON')],
  ['no JSON', 'entry', 400, 400, expect.stringContaining('malformed JSON')],
  ['JSON and more', `${JSON.stringify(logged)}x`, 400, 400, expect.stringContaining('malformed JSON')],
  ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]).toString('latin1'), 400, 400, expect.any(String)],
  ['nesting without end', '['.repeat(2000), 400, 400, expect.stringContaining('malformed')],
  ['null', 'null', 422, 602, 'kind in body is required'],
  ['a list', [], 400, 400, 'malformed proposed entry: not an object'],
  ['text', '"x"', 400, 400, 'malformed proposed entry: not an object'],
  ['a number', '1', 400, 400, 'malformed proposed entry: not an object'],
  ['an empty object', {}, 422, 602, 'kind in body is required'],
  ['no kind', spoilt((p) => delete p.kind), 422, 602, 'kind in body is required'],
  [
    'kind null',
    spoilt((p) => {
      p.kind = null;
    }),
    422,
    602,
    'kind in body is required',
  ],
  [
    'kind empty',
    spoilt((p) => {
      p.kind = '';
    }),
    422,
    602,
    'kind in body is required',
  ],
  [
    'kind a number',
    spoilt((p) => {
      p.kind = 7;
    }),
    400,
    400,
    'malformed proposed entry: kind is not a string',
  ],
  [
    'kind unknown',
    spoilt((p) => {
      p.kind = 'nope';
    }),
    422,
    422,
    'invalid kind value: "nope"',
  ],
  [
    'kind __proto__',
    spoilt((p) => {
      p.kind = '__proto__';
    }),
    422,
    422,
    'invalid kind value: "__proto__"',
  ],
  [
    'kind constructor',
    spoilt((p) => {
      p.kind = 'constructor';
    }),
    422,
    422,
    'invalid kind value: "constructor"',
  ],
  ['no apiVersion', spoilt((p) => delete p.apiVersion), 422, 602, 'apiVersion in body is required'],
  [
    'apiVersion a number',
    spoilt((p) => {
      p.apiVersion = 1;
    }),
    400,
    400,
    expect.stringContaining('apiVersion is not a string'),
  ],
  [
    'apiVersion empty',
    spoilt((p) => {
      p.apiVersion = '';
    }),
    422,
    605,
    semver,
  ],
  [
    'apiVersion no version',
    spoilt((p) => {
      p.apiVersion = 'abc';
    }),
    422,
    605,
    semver,
  ],
  [
    'apiVersion unknown',
    spoilt((p) => {
      p.apiVersion = '9.9.9';
    }),
    400,
    400,
    "error processing entry: hashedrekord implementation for version '9.9.9' not found",
  ],
  ['no spec', spoilt((p) => delete p.spec), 422, 602, 'spec in body is required'],
  [
    'spec null',
    spoilt((p) => {
      p.spec = null;
    }),
    422,
    602,
    'spec in body is required',
  ],
  [
    'spec text',
    spoilt((p) => {
      p.spec = 'x';
    }),
    400,
    400,
    expect.stringContaining(spec),
  ],
  [
    'spec a list',
    spoilt((p) => {
      p.spec = [];
    }),
    400,
    400,
    expect.stringContaining(spec),
  ],
  [
    'spec empty',
    spoilt((p) => {
      p.spec = {};
    }),
    400,
    400,
    `${spec}data in body is required`,
  ],
  [
    'no signature',
    spoilt((_, s) => Reflect.deleteProperty(s, 'signature')),
    400,
    400,
    `${spec}signature in body is required`,
  ],
  [
    'signature null',
    spoilt((_, s) => Reflect.set(s, 'signature', null)),
    400,
    400,
    `${spec}signature in body is required`,
  ],
  [
    'signature empty',
    spoilt((_, s) => {
      s.signature.content = '';
    }),
    400,
    400,
    expect.stringContaining('error processing entry: '),
  ],
  [
    'signature no base64',
    spoilt((_, s) => {
      s.signature.content = '!!!';
    }),
    400,
    400,
    expect.stringContaining('base64'),
  ],
  [
    'signature a number',
    spoilt((_, s) => {
      s.signature.content = 5;
    }),
    400,
    400,
    expect.stringContaining(spec),
  ],
  [
    'signature of nothing',
    spoilt((_, s) => {
      s.signature.content = 'AAAA';
    }),
    400,
    400,
    expect.stringContaining('verifying signature'),
  ],
  [
    'no key',
    spoilt((_, s) => Reflect.deleteProperty(s.signature, 'publicKey')),
    400,
    400,
    expect.stringContaining('publicKey'),
  ],
  [
    'key no PEM',
    spoilt((_, s) => {
      s.signature.publicKey.content = 'AAAA';
    }),
    400,
    400,
    expect.stringContaining('invalid public key'),
  ],
  ['no data', spoilt((_, s) => Reflect.deleteProperty(s, 'data')), 400, 400, `${spec}data in body is required`],
  [
    'algorithm unknown',
    spoilt((_, s) => {
      s.data.hash.algorithm = 'md5';
    }),
    400,
    400,
    expect.stringContaining('should be one of [sha256 sha384 sha512]'),
  ],
  [
    'digest of another artifact',
    spoilt((_, s) => {
      s.data.hash.value = '00'.repeat(32);
    }),
    400,
    400,
    expect.stringContaining('verifying signature'),
  ],
  [
    'digest short',
    spoilt((_, s) => {
      s.data.hash.value = 'abcd';
    }),
    400,
    400,
    'error processing entry: invalid value for hash',
  ],
  [
    'digest a number',
    spoilt((_, s) => {
      s.data.hash.value = 3;
    }),
    400,
    400,
    expect.stringContaining(spec),
  ],
  ['a body over the limit', `"${'x'.repeat(4096)}"`, 413, 413, 'Request Entity Too Large. Limit set to 4096'],
];

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
  ['/api/v1/index/retrieve', { method: 'POST', headers: json, body: '{}' }, 501, expect.any(String)],
];

describe('what is refused', () => {
  it.each(uploads)('upload: %s', async (_name, body, status, code, message) => {
    check(await post(node.url, entries, body), status, code, message);
  });

  it.each(retrievals)('retrieval: %s', async (_name, body, status, code, message) => {
    check(await post(node.url, retrieve, body), status, code, message);
  });

  it.each(reads)('GET %s', async (target, status, code, message) => {
    check(await ask(node.url, target), status, code, message);
  });

  it.each(odd)('%s %j', async (target, request, status, message) => {
    check(await ask(node.url, target, request), status, status, message);
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

  it('says where an entry is that exists', async () => {
    const again = await post(node.url, `${entries}?apiKey=secret`, logged);
    expect(again.status).toBe(409);
    expect(again.headers.location).toBe(`${entries}/${id}`);
    expect(again.json).toEqual({
      code: 409,
      message: `an equivalent entry already exists in the transparency log with UUID ${id}`,
    });
  });
});

function check({ status, json: answered, headers }: Answer, expected: number, code: number, message: unknown): void {
  expect({ status, body: answered }).toEqual({ status: expected, body: { code, message } });
  expect(headers['x-request-id']).toMatch(/./);
}
