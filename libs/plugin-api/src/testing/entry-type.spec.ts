import { createHash } from 'node:crypto';
import type { EntryType, LoggedClaims } from '../entry.ts';
import { testEntryType } from './entry-type.ts';
import { runAll } from './run-all.fixture.ts';

// The kit is tested on a toy whose signature is a hash: every way of breaking the toy must be noticed.
const sign = (key: string, data: string) =>
  createHash('sha256')
    .update(Buffer.from(`${key}.${data}`))
    .digest('base64');
const refuse = (code: string) => Object.assign(new Error(code), { code });
const key = Buffer.from('key').toString('base64');
const data = Buffer.from('data').toString('base64');
const context = { now: new Date(0) };
const verifier = { fingerprint: key, algorithm: 'toy', identities: [] };
const canonical = { data, key, signature: sign(key, data) };

interface Toy {
  readonly data: string;
  readonly key: string;
  readonly signature: string;
}

const toy: EntryType = {
  async propose({ content }) {
    const data = Buffer.from(content).toString('base64');
    return { data, key, signature: sign(key, data) };
  },
  async admit(json) {
    const { data, key, signature } = json as unknown as Toy;
    if (signature !== sign(key, data)) throw refuse('ERR_SIGNATURE_INVALID');
    return { spec: { data, key, signature }, indexKeys: [key], verifiers: [verifier] };
  },
  async claims(json) {
    const toy = json as unknown as Toy;
    const part = (name: keyof Toy) => Buffer.from(toy[name], 'base64');
    const digest = { algorithm: 'sha256', value: part('data') } as const;
    return { signatures: [{ signature: part('signature'), key: part('key') }], digest };
  },
};

const test = (changes: Partial<EntryType>, vector: object = {}, options: object = {}) =>
  runAll((runner) =>
    testEntryType('toy', {
      type: { ...toy, ...changes },
      validate: (spec) =>
        ['data', 'key', 'signature'].find((name) => typeof (spec as Record<string, unknown>)[name] !== 'string'),
      vectors: [
        {
          name: 'one',
          spec: { ...canonical, extra: 1 },
          canonical,
          indexKeys: [key],
          covered: { data: 'base64', key: 'base64', signature: 'base64' },
          claims: {
            signature: Buffer.from(canonical.signature, 'base64'),
            verifier: Buffer.from('key'),
            digest: { algorithm: 'sha256', value: Buffer.from('data') },
          },
          artifact: { artifact: { content: Buffer.from('data'), publicKeys: [] }, options: { pkiFormat: 'toy' } },
          ...vector,
        },
      ],
      foreign: { key: Buffer.from('other').toString('base64') },
      oversize: 1000,
      ...options,
      runner,
    }),
  );

describe('testEntryType', () => {
  it('passes what keeps its promises', async () => {
    expect(await test({})).toEqual([]);
  });

  it('wants the canonical form refused where it lacks what was verified', async () => {
    const refusal = 'toy › one › refuses its canonical form, which lacks what was verified';
    expect(await test({}, {}, { storesAll: false })).toEqual([refusal]);
    const forgets = {
      ...toy,
      admit: async (json: never) => {
        if ((json as { extra?: number }).extra === undefined) throw refuse('ERR_ENTRY_INVALID');
        return toy.admit(json, context);
      },
    };
    expect(await test(forgets, {}, { storesAll: false })).not.toContain(refusal);
  });

  it('wants plain, bounded text in a list, and no accidents there', async () => {
    const shows = (display: NonNullable<EntryType['display']>) => test({ display });
    const title = 'x'.repeat(200);
    expect(await shows(async () => ({ title, subject: 'someone', digest: 'sha256:ab' }))).toEqual([]);
    expect(await shows(async () => Promise.reject(refuse('ERR_ENTRY_INVALID')))).toEqual([
      'toy › one › shows itself in a list',
    ]);
    for (const display of [
      {},
      { title: '' },
      { title: `${title}x` },
      { title: 'a\nb' },
      { title: '\u202edrawkcab' },
      { title: 1 },
      { title, subject: 'x'.repeat(201) },
      { title, digest: null },
      { title, colour: 'red' },
    ]) {
      expect(await shows(async () => display as never)).toEqual(['toy › one › shows itself in a list']);
    }
    const stumbles = async (spec: object) => ({ title: (spec as Toy).key === '' ? stumble() : 'toy' });
    expect(await shows(stumbles)).toEqual([
      'toy › one › shows itself, or refuses by code, whatever is absent, null, empty or of another type',
    ]);
  });

  it('wants nothing vouched for where no signature is kept', async () => {
    const failed = 'toy › one › vouches for nothing';
    expect(await test({}, {}, { binds: false })).toEqual([failed]);
    expect(await test({ claims: async () => undefined }, {}, { binds: false })).toEqual([]);
  });

  const admitted = (json: unknown) => ({
    spec: { ...(json as Toy) },
    indexKeys: [key],
    verifiers: [verifier],
  });
  it.each<[string, Partial<EntryType>, string]>([
    ['verifies nothing', { admit: async (json) => admitted(json) }, 'refuses a flip of any covered byte'],
    ['verifies nothing of others', { admit: async (json) => admitted(json) }, 'refuses what belongs to another entry'],
    ['has no size limit', { admit: async (json) => admitted(json) }, 'refuses what is oversize'],
    [
      'keeps what it did not verify',
      { admit: async (json) => admitted(json) },
      'has the canonical form and index keys it should',
    ],
    [
      'is not idempotent',
      {
        admit: async (json) =>
          json.extra ? toy.admit(json, context) : { ...(await toy.admit(json, context)), spec: { more: 1 } },
      },
      'admits its canonical form as it is',
    ],
    [
      'writes into what it was given',
      { admit: async (json) => toy.admit(Object.assign(json, { written: 1 }), context) },
      'has the canonical form and index keys it should',
    ],
    [
      'finds other index keys',
      { admit: async (json) => ({ ...(await toy.admit(json, context)), indexKeys: [] }) },
      'has the canonical form and index keys it should',
    ],
    [
      'names no verifier',
      { admit: async (json) => ({ ...(await toy.admit(json, context)), verifiers: [] }) },
      'has the canonical form and index keys it should',
    ],
    [
      'stumbles over what is empty',
      { admit: async (json) => (json.key === '' ? stumble() : toy.admit(json, context)) },
      'refuses by code what is absent, null, empty or of another type',
    ],
    [
      'refuses with a code that is not a plugin’s',
      {
        admit: (json) =>
          toy.admit(json, context).catch(() => {
            throw refuse('ERR_STORAGE');
          }),
      },
      'refuses a flip of any covered byte',
    ],
    ['vouches for nothing', { claims: async () => undefined }, 'vouches for its bundle'],
    [
      'vouches for another digest',
      {
        claims: async (json) => ({
          ...((await toy.claims(json)) as LoggedClaims),
          digest: { algorithm: 'sha256', value: Buffer.of(1) },
        }),
      },
      'vouches for its bundle',
    ],
    [
      'vouches for no signature',
      { claims: async (json) => ({ ...((await toy.claims(json)) as LoggedClaims), signatures: [] }) },
      'vouches for its bundle',
    ],
    [
      'proposes something else',
      { propose: (artifact, ...more) => toy.propose({ ...artifact, content: Buffer.of(1) }, ...more) },
      'proposes what is admitted as the same entry',
    ],
  ])('fails what %s', async (_, changes, failed) => {
    expect(await test(changes)).toContain(`toy › one › ${failed}`);
  });
});

function stumble(): never {
  throw new TypeError('cannot read properties of nothing');
}
