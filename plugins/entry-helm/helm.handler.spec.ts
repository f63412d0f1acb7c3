import { isDeepStrictEqual } from 'node:util';
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
import helm from './helm.handler.ts';
import { limits } from './limits.ts';

interface Spec extends JsonObject {
  readonly chart: { readonly provenance: { readonly content: string } };
  readonly publicKey: { readonly content: string };
}

const { host, accepted, api, context, readJson, refusal, specOf, type, validate, vectorOf, written } =
  entryUnderTest<Spec>({
    folder: new URL('.', import.meta.url),
    kind: 'helm',
    make: helm,
    formats: { pgp },
  });
const bytes = (text: string, encoding: BufferEncoding = 'base64') => Buffer.from(text, encoding);
const base = specOf('ed-gpg');
const provenanceOf = (name: string) => bytes(specOf(name).chart.provenance.content);
const withProvenance = (content: Uint8Array, key = base.publicKey.content) => ({
  chart: { provenance: { content: Buffer.from(content).toString('base64') } },
  publicKey: { content: key },
});
/** rekor-cli's default, which means nothing here. */
const options = { pkiFormat: 'x509' };

function vector(name: string): EntryVector {
  const { proposal, body, indexKeys } = vectorOf(name);
  const canonical = JSON.parse(body).spec;
  const { hash, provenance } = canonical.chart;
  const publicKeys = [bytes(proposal.spec.publicKey.content)];
  return {
    name,
    spec: proposal.spec,
    canonical,
    indexKeys,
    // Helm writes armor without a checksum: its flips are tested below.
    covered: name.endsWith('helm') ? {} : { 'chart.provenance.content': 'base64' },
    claims: {
      signature: bytes(provenance.signature.content),
      verifier: bytes(canonical.publicKey.content),
      digest: { algorithm: 'sha256', value: bytes(hash.value, 'hex') },
    },
    artifact: { artifact: { content: provenanceOf(name), publicKeys }, options },
  };
}

testEntryType('helm 0.0.1, as upstream admits it', {
  type,
  validate,
  vectors: ['rsa-dashes', 'ed-helm', 'p256-images', 'ed-crlf'].map(vector),
  foreign: {
    'publicKey.content': readJson('refused.json').find(({ key }: Refused) => key !== undefined).key,
    'chart.provenance.content': readJson('refused.json').find(
      ({ name }: Refused) => name === 'a signature by another key',
    ).content,
  },
  storesAll: false,
});

describe('helm 0.0.1', () => {
  it.each([...accepted])('writes the body that upstream stored: %s', async (_, { proposal, body, indexKeys }) => {
    expect(await written(proposal.spec)).toMatchObject({ body, indexKeys });
  });

  it('names the key that signed, and shows who and what', async () => {
    const { spec, verifiers, indexKeys } = await type.admit(specOf('ed-utf8'), context);
    expect(verifiers).toEqual([
      {
        fingerprint: expect.stringMatching(/^[0-9a-f]{40}$/),
        algorithm: 'ed25519',
        identities: [expect.stringContaining('@')],
      },
    ]);
    const [, subject, digest] = indexKeys;
    expect(await type.display?.(spec)).toEqual({ title: 'Helm chart', subject, digest });
  });

  // Upstream takes any of them, another one each time.
  it('stores the first of several files', async () => {
    const { content, first } = readJson('several-files.json');
    const { spec } = await type.admit(withProvenance(bytes(content)), context);
    expect(spec).toMatchObject({ chart: { hash: { algorithm: 'sha256', value: first } } });
  });

  it('ignores what a proposal says of digest and signature', async () => {
    const { provenance } = base.chart;
    const spec = {
      ...base,
      chart: {
        hash: { algorithm: 'sha256', value: '' },
        provenance: { ...provenance, signature: { content: '!!!!' } },
      },
    };
    expect((await type.admit(spec, context)).spec).toEqual(JSON.parse(vectorOf('ed-gpg').body).spec);
  });
});

interface Refused extends RefusedVector {
  readonly name: string;
  readonly content: string;
  readonly key?: string;
}

describe('helm 0.0.1 refuses', () => {
  it.each(readJson('malformed.json') as ChangedPart[])('$path as $value', async (malformed) => {
    expect(await refusal(withPart(base, malformed))).toEqual(verdictOf(malformed));
  });

  // Upstream answers 500 to some of these: a fault of the client's is none of ours.
  it.each(readJson('refused.json') as Refused[])('$name', async (vector) => {
    expect(await refusal(withProvenance(bytes(vector.content), vector.key))).toEqual(verdictOf(vector));
  });

  const departures: Refused[] = readJson('departures.json');
  it.each(departures)('$name, which upstream accepts', async (vector) => {
    expect(await refusal(withProvenance(bytes(vector.content), vector.key))).toEqual(verdictOf(vector));
  });

  it('a file over the limit, and not one below for its size', async () => {
    const [head = '', tail = ''] = provenanceOf('ed-gpg').toString('latin1').split('\nname:');
    const file = (length: number) => {
      const room = length - head.length - tail.length - '\nname:'.length;
      return Buffer.from(`${head}${'\n'.repeat(room)}\nname:${tail}`, 'latin1');
    };
    expect(file(limits.provenanceBytes)).toHaveLength(limits.provenanceBytes);
    expect(await refusal(withProvenance(file(limits.provenanceBytes)))).toMatchObject({
      code: 'ERR_SIGNATURE_INVALID',
    });
    expect(await refusal(withProvenance(file(limits.provenanceBytes + 1)))).toMatchObject({
      code: 'ERR_TOO_LARGE',
      message: expect.stringContaining('helm provenance'),
    });
  });

  it('a flip of any byte but those that no signature covers', async () => {
    const { spec } = JSON.parse(vectorOf('ed-helm').body);
    const file = provenanceOf('ed-helm');
    const others: number[] = [];
    for (let at = 0; at < file.length; at++) {
      const flipped = Buffer.from(file);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      const entry = await type
        .admit(withProvenance(flipped, specOf('ed-helm').publicKey.content), context)
        .catch(({ code }) => expect(pluginErrorCodes).toContain(code));
      if (entry && !isDeepStrictEqual(entry.spec, spec)) others.push(at);
    }
    expect(others).toEqual(readJson('flips.json'));
  }, 60_000);

  it('by code a file changed anyhow', async () => {
    const change = fc.record({ at: fc.nat(440), text: fc.string({ unit: 'binary', maxLength: 9 }), remove: fc.nat(9) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const changed = changes.reduce(
          (file, { at, text, remove }) =>
            Buffer.concat([file.subarray(0, at), Buffer.from(text), file.subarray(at + remove)]),
          provenanceOf('ed-gpg'),
        );
        const { code } = await refusal(withProvenance(changed));
        expect([...pluginErrorCodes, 'none']).toContain(code);
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});

describe('helm 0.0.1 proposes', () => {
  const content = provenanceOf('ed-gpg');
  const publicKeys = [bytes(base.publicKey.content)];
  const digest = { algorithm: 'sha256', value: api.crypto.hash('sha256', content) } as const;

  it('what rekor-cli sends, whatever format is named', async () => {
    expect(await host.propose({ content, digest, publicKeys }, options, context)).toEqual(base);
  });

  it.each([
    ['without the file', { digest, publicKeys }, 'ERR_ENTRY_INVALID'],
    ['with an empty file', { content: bytes(''), publicKeys }, 'ERR_ENTRY_INVALID'],
    ['with a signature', { content, signature: bytes('AAAA'), publicKeys }, 'ERR_ENTRY_INVALID'],
    ['without a key', { content, publicKeys: [] }, 'ERR_ENTRY_INVALID'],
    ['with two keys', { content, publicKeys: [...publicKeys, ...publicKeys] }, 'ERR_ENTRY_INVALID'],
    ['with another digest', { content, digest: { ...digest, value: content }, publicKeys }, 'ERR_ENTRY_INVALID'],
    ['of the chart itself', { content: bytes('H4sIAAAA'), publicKeys }, 'ERR_MALFORMED'],
    ['of what another key signed', { content: provenanceOf('rsa-helm'), publicKeys }, 'ERR_SIGNATURE_INVALID'],
  ])('nothing %s', async (_, artifact, code) => {
    await expect(host.propose(artifact, options, context)).rejects.toMatchObject({ code });
  });
});
