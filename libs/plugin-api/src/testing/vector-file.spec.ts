import { readVectorFile } from './vector-file.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const bytes = (text: string) => Buffer.from(text);

const entry = {
  type: 'entry',
  id: 'toy',
  version: '0.0.1',
  now: '2026-01-02T03:04:05Z',
  storesAll: false,
  oversize: 1000,
  foreign: { key: base64('other') },
  vectors: [
    {
      name: 'one',
      spec: { a: 1 },
      canonical: { b: [2] },
      indexKeys: ['k'],
      covered: { a: 'base64', b: 'hex', c: 'utf8' },
      claims: {
        signature: base64('s'),
        verifier: base64('v'),
        digest: { algorithm: 'sha256', value: base64('d') },
      },
      artifact: {
        content: base64('c'),
        signature: base64('s'),
        publicKeys: [base64('k')],
        digest: { algorithm: 'sha512', value: base64('d') },
        pkiFormat: 'x509',
        aad: base64('a'),
      },
    },
  ],
};
const pki = {
  type: 'pki',
  id: 'toy',
  oversize: 1000,
  foreignKey: base64('f'),
  keys: [
    {
      name: 'one',
      bytes: base64('b'),
      canonical: base64('c'),
      identities: ['a@example.org'],
      members: [{ fingerprint: 'f', algorithm: 'ed25519' }],
      uncovered: [1],
    },
  ],
  signatures: [
    { name: 'm', bytes: base64('b'), canonical: base64('c'), key: 'one', signed: { message: base64('m') } },
    {
      name: 'd',
      bytes: base64('b'),
      canonical: base64('c'),
      key: 'one',
      signed: { digest: base64('d'), hash: 'sha384' },
      uncovered: [0, 3],
    },
  ],
};

describe('readVectorFile', () => {
  it('reads all there can be of an entry type', () => {
    expect(readVectorFile(entry)).toEqual({
      type: 'entry',
      id: 'toy',
      version: '0.0.1',
      vectors: {
        now: new Date('2026-01-02T03:04:05Z'),
        storesAll: false,
        oversize: 1000,
        foreign: { key: base64('other') },
        vectors: [
          {
            name: 'one',
            spec: { a: 1 },
            canonical: { b: [2] },
            indexKeys: ['k'],
            covered: { a: 'base64', b: 'hex', c: 'utf8' },
            claims: {
              signature: bytes('s'),
              verifier: bytes('v'),
              digest: { algorithm: 'sha256', value: bytes('d') },
            },
            artifact: {
              artifact: {
                content: bytes('c'),
                signature: bytes('s'),
                publicKeys: [bytes('k')],
                digest: { algorithm: 'sha512', value: bytes('d') },
              },
              options: { pkiFormat: 'x509', aad: bytes('a') },
            },
          },
        ],
      },
    });
  });

  it('reads all there can be of a PKI format', () => {
    const [key] = pki.keys;
    const signature = { bytes: bytes('b'), canonical: bytes('c'), key: 'one' };
    expect(readVectorFile(pki)).toEqual({
      type: 'pki',
      id: 'toy',
      vectors: {
        oversize: 1000,
        foreignKey: bytes('f'),
        keys: [{ ...key, bytes: bytes('b'), canonical: bytes('c') }],
        signatures: [
          { ...signature, name: 'm', signed: { message: bytes('m') } },
          { ...signature, name: 'd', signed: { digest: bytes('d'), hash: 'sha384' }, uncovered: [0, 3] },
        ],
      },
    });
  });

  it('reads all there can be of a policy', () => {
    const requester = { type: 'token', name: 'ci' };
    const verifier = { fingerprint: 'f', algorithm: 'a', identities: ['n'] };
    const uses = [
      {
        settings: { a: 1 },
        cases: [
          { name: 'least', entry: { kind: 'toy', apiVersion: '0.0.1' }, decision: 'deny' },
          {
            name: 'most',
            entry: {
              kind: 'toy',
              apiVersion: '0.0.1',
              spec: { s: 1 },
              indexKeys: ['k'],
              verifiers: [verifier, { ...verifier, hash: 'sha384', certificates: ['Yw=='] }],
            },
            bytes: 7,
            now: '2026-06-01T00:00:00Z',
            request: { requester, unauthenticated: 'why' },
            decision: 'abstain',
            reason: 'r',
          },
        ],
      },
    ];
    const [{ cases }] = uses as [(typeof uses)[number]];
    const policy = { type: 'policy', id: 'toy', uses, refused: [{ b: 2 }] };
    expect(readVectorFile(policy)).toEqual({
      type: 'policy',
      id: 'toy',
      vectors: {
        uses: [
          {
            settings: { a: 1 },
            cases: [
              cases[0],
              {
                ...cases[1],
                now: new Date('2026-06-01T00:00:00Z'),
                entry: {
                  ...cases[1]?.entry,
                  verifiers: [verifier, { ...verifier, hash: 'sha384', certificates: [bytes('c')] }],
                },
              },
            ],
          },
        ],
        refused: [{ b: 2 }],
      },
    });
    const wrong = { ...policy, uses: [{ settings: {}, cases: [{ ...cases[0], decision: 'maybe' }] }] };
    expect(() => readVectorFile(wrong)).toThrow('uses.0.cases.0.decision is not one of allow, deny, abstain');
  });

  it('leaves out what is not there', () => {
    const { now, storesAll, oversize, ...rest } = entry;
    const [{ claims, artifact, ...vector }] = entry.vectors as [(typeof entry.vectors)[number]];
    const file = readVectorFile({ ...rest, vectors: [vector] });
    expect(Object.keys(file?.vectors ?? {}).sort()).toEqual(['foreign', 'vectors']);
    expect(file).not.toHaveProperty('vectors.vectors.0.claims');
  });

  it.each([[[]], [null], ['x'], [1], [{}], [{ type: 'other' }], [{ accepted: [] }]])('leaves %j alone', (json) => {
    expect(readVectorFile(json)).toBeUndefined();
  });

  it.each([
    [{ ...entry, id: 1 }, 'id is not a string'],
    [{ ...entry, version: undefined }, 'version is not a string'],
    [{ ...entry, vectors: [] }, 'vectors is not a list of objects'],
    [{ ...entry, vectors: [{ ...entry.vectors[0], indexKeys: [1] }] }, 'vectors.0.indexKeys is not a list of strings'],
    [
      { ...entry, vectors: [{ ...entry.vectors[0], covered: { a: 'latin1' } }] },
      'vectors.0.covered.a is not one of base64, hex, utf8',
    ],
    [{ ...entry, now: 'soon' }, 'now is not a time'],
    [{ ...entry, storesAll: 'no' }, 'storesAll is not true or false'],
    [{ ...entry, oversize: '1' }, 'oversize is not a number'],
    [{ ...entry, foreign: [] }, 'foreign is not an object'],
    [{ ...pki, foreignKey: 'Zg' }, 'foreignKey is not base64'],
    [{ ...pki, signatures: [{ ...pki.signatures[0], signed: {} }] }, 'signatures.0.signed.digest is not a string'],
    [{ ...pki, signatures: [{ ...pki.signatures[1], uncovered: ['0'] }] }, 'signatures.0.uncovered is not a list'],
  ])('names what is wrong (%#)', (json, message) => {
    expect(() => readVectorFile(json)).toThrow(`malformed vector file: ${message}`);
  });
});
