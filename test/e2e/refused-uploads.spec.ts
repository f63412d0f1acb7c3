import { ask, post } from './support/http.ts';
import { NodeProcess, temporaryFolder } from './support/node-process.ts';
import { checkRefusal, logged, type Refusal, spoilt } from './support/refusal.ts';

const entries = '/api/v1/log/entries';
const semver = expect.stringMatching(/^apiVersion in body should match '/);
const folder = temporaryFolder();
let node: NodeProcess;
/** The entry ID of {@link logged}. */
let id: string;

beforeAll(async () => {
  node = await NodeProcess.start({
    data: `${folder.path()}/data`,
    limits: { bodyBytes: 4096 },
    logging: { level: 'error' },
  });
  id = String((await post(node.url, entries, logged)).headers.etag);
});
afterAll(() => node.stop());

const spec = 'error processing entry: validation failure list:\n';

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

it.each(uploads)('refuses %s', async (_name, body, status, code, message) => {
  checkRefusal(await post(node.url, entries, body), status, code, message);
});

it('leaves the tree as it was', async () => {
  expect((await ask(node.url, '/api/v1/log')).json).toMatchObject({ treeSize: 2 });
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
