import { type JsonObject, pluginErrorCodes } from '@countersign/plugin-api';
import { type EntryVector, testEntryType } from '@countersign/plugin-api/testing';
import {
  type ChangedPart,
  entryUnderTest,
  type RefusedVector,
  verdictOf,
  withPart,
} from '@countersign/plugin-host/testing';
import fc from 'fast-check';
import pgp from '../pki-pgp/pgp.format.ts';
import rpm from './rpm.handler.ts';

interface Spec extends JsonObject {
  readonly package: { readonly content: string; readonly hash: { readonly value: string } };
  readonly publicKey: { readonly content: string };
}

const { host, accepted, api, context, readJson, refusal, specOf, type, validate, vectorOf, written } =
  entryUnderTest<Spec>({
    folder: new URL('.', import.meta.url),
    kind: 'rpm',
    make: rpm,
    formats: { pgp },
  });
const bytes = (text: string, encoding: BufferEncoding = 'base64') => Buffer.from(text, encoding);
const base = specOf('ed-plain');
const packageOf = (name: string) => bytes(specOf(name).package.content);
const withPackage = (content: Uint8Array, key = base.publicKey.content) => ({
  package: { content: Buffer.from(content).toString('base64') },
  publicKey: { content: key },
});
const artifactOf = ({ package: file, publicKey }: Spec) => ({
  content: bytes(file.content),
  publicKeys: [bytes(publicKey.content)],
});
/** rekor-cli's default, which means nothing here. */
const options = { pkiFormat: 'x509' };

function vector(name: string): EntryVector {
  const { proposal, body, indexKeys } = vectorOf(name);
  return {
    name,
    spec: proposal.spec,
    canonical: JSON.parse(body).spec,
    indexKeys,
    // Of a package, lead and signature header are covered by nothing: its flips are tested below.
    covered: { 'package.hash.value': 'hex' },
    artifact: { artifact: artifactOf(proposal.spec), options },
  };
}

interface Refused extends RefusedVector {
  readonly name: string;
  readonly content: string;
  readonly key?: string;
}

const departures: Refused[] = readJson('departures.json');

testEntryType('rpm 0.0.1, as upstream admits it', {
  type,
  validate,
  vectors: ['rsa-plain', 'ed-v3-big-epoch', 'p256-built', 'ed-no-md5'].map(vector),
  foreign: {
    'publicKey.content': departures.find(({ key }) => key !== undefined)?.key ?? '',
    'package.content': Buffer.from('another').toString('base64'),
    'package.hash': { algorithm: 'sha256', value: '00'.repeat(32) },
  },
  storesAll: false,
  binds: false,
});

describe('rpm 0.0.1', () => {
  it.each([...accepted])('writes the body that upstream stored: %s', async (_, { proposal, body, indexKeys }) => {
    expect(await written(proposal.spec)).toMatchObject({ body, indexKeys });
  });

  it('names the key that signed, once, and what the package is called', async () => {
    const { spec, verifiers } = await type.admit(specOf('ed-v3-big-epoch'), context);
    expect(verifiers).toEqual([
      {
        fingerprint: expect.stringMatching(/^[0-9a-f]{40}$/),
        algorithm: 'ed25519',
        identities: [expect.stringContaining('@')],
      },
    ]);
    expect(await type.display?.(spec)).toEqual({
      title: 'big 4294967295:1.2-3.noarch',
      subject: 'ed@example.com',
      digest: `sha256:${specOf('ed-v3-big-epoch').package.hash.value}`,
    });
    const { package: shape, ...rest } = spec as unknown as { package: { headers: JsonObject } };
    const shown = (headers: JsonObject) => type.display?.({ ...rest, package: { ...shape, headers } });
    expect(await shown({ ...shape.headers, Epoch: '0' })).toMatchObject({ title: 'big 1.2-3.noarch' });
    expect(await shown({})).toMatchObject({ title: 'RPM package' });
  });

  it('takes a package without its digest, and ignores what a proposal says of it', async () => {
    const { spec } = await type.admit(base, context);
    expect((await type.admit(withPackage(packageOf('ed-plain')), context)).spec).toEqual(spec);
    const headers = { Name: 'another' };
    expect((await type.admit({ ...base, package: { ...base.package, headers } }, context)).spec).toEqual(spec);
  });

  it.each(['rsa-plain', 'ed-v3-big-epoch', 'p256-built'])('refuses the package of %s for another key', async (name) => {
    const key = specOf(name === 'rsa-plain' ? 'ed-plain' : 'rsa-plain').publicKey.content;
    expect(await refusal(withPackage(packageOf(name), key))).toMatchObject({ code: 'ERR_SIGNATURE_INVALID' });
  });
});

describe('rpm 0.0.1 refuses', () => {
  it.each(readJson('malformed.json') as ChangedPart[])('$path as $value', async (malformed) => {
    expect(await refusal(withPart(base, malformed))).toEqual(verdictOf(malformed));
  });

  // Upstream answers 500 to some of these: a fault of the client's is none of ours.
  it.each(readJson('refused.json') as Refused[])('$name', async (vector) => {
    expect(await refusal(withPackage(bytes(vector.content), vector.key))).toEqual(verdictOf(vector));
  });

  it.each(departures)('$name, which upstream accepts', async (vector) => {
    expect(await refusal(withPackage(bytes(vector.content), vector.key))).toEqual(verdictOf(vector));
  });

  it('a flip of any byte but those that nothing signs or reads', async () => {
    const file = packageOf('ed-plain');
    const taken: [number, number][] = [];
    for (let at = 0; at < file.length; at++) {
      const flipped = Buffer.from(file);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      const { code } = await refusal(withPackage(flipped));
      if (code !== 'none') {
        expect(pluginErrorCodes).toContain(code);
        continue;
      }
      const last = taken.at(-1);
      if (last?.[1] === at - 1) last[1] = at;
      else taken.push([at, at]);
    }
    expect(taken).toEqual(readJson('flips.json'));
  }, 60_000);

  it.each(['ed-v3-big-epoch', 'ed-package-signature-only'])('a flip in header or payload of %s', async (name) => {
    const file = packageOf(name);
    const header = file.lastIndexOf(Buffer.from('8eade80100000000', 'hex'));
    for (let at = header; at < file.length; at++) {
      const flipped = Buffer.from(file);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      expect(await refusal(withPackage(flipped))).not.toMatchObject({ code: 'none' });
    }
  }, 60_000);

  it('by code a package changed anyhow', async () => {
    const change = fc.record({ at: fc.nat(1620), value: fc.nat(255), remove: fc.nat(9), repeat: fc.nat(9) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const changed = changes.reduce((file, { at, value, remove, repeat }) => {
          const inserted = Buffer.alloc(repeat, value);
          return Buffer.concat([file.subarray(0, at), inserted, file.subarray(at + remove)]);
        }, packageOf('ed-plain'));
        const { code } = await refusal(withPackage(changed));
        expect([...pluginErrorCodes, 'none']).toContain(code);
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});

describe('rpm 0.0.1 proposes', () => {
  const { content, publicKeys } = artifactOf(base);
  const digest = { algorithm: 'sha256', value: api.crypto.hash('sha256', content) } as const;

  it('what rekor-cli sends, whatever format is named', async () => {
    expect(await host.propose({ content, digest, publicKeys }, options, context)).toEqual(base);
  });

  it.each([
    ['without the package', { digest, publicKeys }, 'ERR_ENTRY_INVALID'],
    ['with an empty package', { content: bytes(''), publicKeys }, 'ERR_ENTRY_INVALID'],
    ['with a signature', { content, signature: bytes('AAAA'), publicKeys }, 'ERR_ENTRY_INVALID'],
    ['without a key', { content, publicKeys: [] }, 'ERR_ENTRY_INVALID'],
    ['with two keys', { content, publicKeys: [...publicKeys, ...publicKeys] }, 'ERR_ENTRY_INVALID'],
    ['with another digest', { content, digest: { ...digest, value: content }, publicKeys }, 'ERR_ENTRY_INVALID'],
    ['of what is no package', { content: bytes('AAAA'), publicKeys }, 'ERR_MALFORMED'],
    ['of what another key signed', { content: packageOf('rsa-plain'), publicKeys }, 'ERR_SIGNATURE_INVALID'],
  ])('nothing %s', async (_, artifact, code) => {
    await expect(host.propose(artifact, options, context)).rejects.toMatchObject({ code });
  });
});
