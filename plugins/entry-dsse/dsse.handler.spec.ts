import { createHash } from 'node:crypto';
import { type JsonObject, pluginErrorCodes } from '@countersign/plugin-api';
import { type EntryVector, testEntryType } from '@countersign/plugin-api/testing';
import {
  type ChangedPart,
  entryUnderTest,
  notRefused,
  type RefusedVector,
  verdictOf,
  withPart,
} from '@countersign/plugin-host/testing';
import fc from 'fast-check';
import x509 from '../pki-x509/x509.format.ts';
import dsse from './dsse.handler.ts';
import { limits } from './limits.ts';
import { makeSigner, proposal, sealed } from './signed.fixture.ts';

interface Spec extends JsonObject {
  readonly proposedContent: { readonly envelope: string; readonly verifiers: readonly string[] };
}

interface Stored extends JsonObject {
  readonly signatures: readonly [{ readonly signature: string; readonly verifier: string }];
  readonly payloadHash: { readonly value: string };
}

const { host, accepted, api, context, readJson, refusal, specOf, type, validate, vectorOf, written } =
  entryUnderTest<Spec>({
    folder: new URL('.', import.meta.url),
    kind: 'dsse',
    make: dsse,
    formats: { x509 },
    vectors: 'vectors/dsse',
  });
const bytes = (text: string, encoding: BufferEncoding = 'base64') => Buffer.from(text, encoding);
const artifactOf = ({ proposedContent: { envelope, verifiers } }: Spec) => ({
  content: bytes(envelope, 'utf8'),
  publicKeys: verifiers.map((verifier) => bytes(verifier)),
});
const base = specOf('ecdsa-p256');

function vector(name: string): EntryVector {
  const { proposal, body, indexKeys } = vectorOf(name);
  const canonical: Stored = JSON.parse(body).spec;
  const [{ signature, verifier }] = canonical.signatures;
  return {
    name,
    spec: proposal.spec,
    canonical,
    indexKeys,
    covered: {
      'proposedContent.envelope': 'utf8',
      // Nothing signs the certificate's own signature.
      ...(!name.includes('certificate') && { 'proposedContent.verifiers.0': 'base64' as const }),
    },
    claims: {
      signature: bytes(signature),
      verifier: api.encoding.decodePem(bytes(verifier))[0]?.der ?? new Uint8Array(),
      digest: { algorithm: 'sha256', value: bytes(canonical.payloadHash.value, 'hex') },
    },
    artifact: { artifact: artifactOf(proposal.spec), options: { pkiFormat: 'x509' } },
  };
}

const whole = ['ecdsa-p256', 'ecdsa-p1363', 'rsa-2048', 'ed25519', 'two-keys', 'cosign-attest-blob', 'type-not-ascii'];
testEntryType('dsse 0.0.1, as upstream admits it', {
  type,
  validate,
  vectors: [...whole, 'certificate-statement'].map(vector),
  foreign: {
    'proposedContent.verifiers': specOf('ecdsa-p384').proposedContent.verifiers,
    'proposedContent.envelope': specOf('ecdsa-p384').proposedContent.envelope,
    payloadHash: { algorithm: 'sha256', value: '00'.repeat(32) },
  },
  storesAll: false,
});

describe('dsse 0.0.1', () => {
  it.each([...accepted])('writes the body that upstream stored: %s', async (_, { proposal, body, indexKeys }) => {
    expect(validate(proposal.spec)).toBeUndefined();
    expect(await written(proposal.spec)).toMatchObject({ body, indexKeys });
    expect(validate(JSON.parse(body).spec)).toBeUndefined();
  });

  it('names whoever signed, and no one else', async () => {
    const algorithms = async (name: string) =>
      (await type.admit(specOf(name), context)).verifiers.map(({ algorithm }) => algorithm).sort();
    expect(await algorithms('three-keys')).toEqual(['ecdsa-p256', 'ed25519', 'rsa-2048']);
    expect(await algorithms('more-keys-than-needed')).toEqual(['ecdsa-p256']);
    expect(await algorithms('signature-twice')).toEqual(['ecdsa-p256']);
  });

  it('takes null for what a client leaves out', async () => {
    const nulls = { signatures: null, envelopeHash: null, payloadHash: null };
    expect(validate({ ...base, ...nulls })).toBeUndefined();
    expect(await type.admit({ ...base, ...nulls }, context)).toEqual(await type.admit(base, context));
  });

  it('shows who and what', async () => {
    const { spec } = JSON.parse(vectorOf('certificate-statement').body);
    const { value } = (spec as Stored).payloadHash;
    expect(await type.display?.(spec)).toEqual({
      title: 'Signed envelope',
      subject: 'build.example.com',
      digest: `sha256:${value}`,
    });
  });

  it('accepts another byte nowhere but in what the envelope calls its keys, and that is another envelope', async () => {
    const { envelope, verifiers } = specOf('three-keys').proposedContent;
    const same = JSON.parse(vectorOf('three-keys').body).spec;
    const hints = [...envelope.matchAll(/"keyid":"key \w+"/g)].map(({ 0: hint, index }) => [
      index,
      index + hint.length,
    ]);
    for (const [position, byte] of Buffer.from(envelope).entries()) {
      const flipped = Buffer.from(envelope);
      flipped[position] = byte ^ (1 << (position % 8));
      const text = flipped.toString();
      const spec = { proposedContent: { envelope: text, verifiers } };
      const entry = await type.admit(spec, context).catch(() => undefined);
      if (entry === undefined) continue;
      expect(hints.some(([from = 0, to = 0]) => from < position && position < to)).toBe(true);
      const value = createHash('sha256').update(text).digest('hex');
      expect(entry.spec).toEqual({ ...same, envelopeHash: { algorithm: 'sha256', value } });
    }
  });
});

describe('dsse 0.0.1 refuses', () => {
  interface Refused extends RefusedVector {
    readonly name: string;
    readonly proposal: { readonly apiVersion: string; readonly spec: Spec };
  }
  const refused = [...(readJson('refused.json') as Refused[]), ...(readJson('departures.json') as Refused[])];
  it.each(
    refused.filter(({ proposal }) => proposal.apiVersion === '0.0.1').map((one) => [one.name, one] as const),
  )('%s', async (_, vector) => {
    expect(await refusal(vector.proposal.spec)).toEqual(verdictOf(vector));
  });

  interface Malformed extends ChangedPart {
    readonly base: string;
  }
  it.each(
    (readJson('malformed.json') as Malformed[]).map((one) => [one.path, one.value, one] as const),
  )('or accepts, as its vector says, %s as %j', async (_, __, malformed) => {
    expect(await refusal(withPart(specOf(malformed.base), malformed))).toEqual(verdictOf(malformed));
  });

  it('a nest of arrays in the place of an envelope', async () => {
    const envelope = '['.repeat(1_000_000);
    const spec = { proposedContent: { envelope, verifiers: base.proposedContent.verifiers } };
    expect(await refusal(spec)).toMatchObject({ code: 'ERR_MALFORMED' });
  });

  it(`more than ${limits.signatures} signatures`, async () => {
    const signers = Array.from({ length: limits.signatures + 1 }, makeSigner);
    const most = signers.slice(1);
    expect((await type.admit(proposal('text/plain', 'x', most), context)).verifiers).toHaveLength(limits.signatures);
    const envelope = JSON.stringify(sealed('text/plain', 'x', signers));
    const verifiers = most.map(({ publicKey }) => publicKey);
    expect(await refusal({ proposedContent: { envelope, verifiers } })).toMatchObject({ code: 'ERR_TOO_LARGE' });
  });

  it(`more than ${limits.keys} keys`, async () => {
    const { envelope, verifiers } = base.proposedContent;
    const keys = (count: number) => Array(count).fill(verifiers[0]);
    expect(await refusal({ proposedContent: { envelope, verifiers: keys(limits.keys) } })).toEqual(notRefused);
    const tooMany = await refusal({ proposedContent: { envelope, verifiers: keys(limits.keys + 1) } });
    expect(tooMany.code).toBe('ERR_TOO_LARGE');
  });

  it('by code whatever fits the schema', async () => {
    const { envelope, verifiers } = base.proposedContent;
    const { payload, payloadType, signatures } = JSON.parse(envelope);
    const value = fc.oneof(fc.jsonValue(), fc.string(), fc.constant(payload), fc.constant(payloadType));
    const sig = fc.oneof(fc.record({ sig: value, keyid: value }, { requiredKeys: [] }), fc.constant(signatures[0]));
    const shaped = fc.record({ payload: value, payloadType: value, signatures: fc.oneof(fc.array(sig), value) });
    const cut = fc.nat(envelope.length - 1).map((length) => envelope.slice(0, length));
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      cut,
      shaped.map((json) => JSON.stringify(json)),
    );
    const key = fc.oneof(fc.base64String(), fc.string(), fc.constantFrom(...verifiers));
    await fc.assert(
      fc.asyncProperty(text, fc.array(key, { minLength: 1, maxLength: 4 }), async (envelope, verifiers) => {
        const { code } = await refusal({ proposedContent: { envelope, verifiers } });
        expect([...pluginErrorCodes, 'ERR_SCHEMA', notRefused.code]).toContain(code);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('dsse 0.0.1 matches', () => {
  const stored: Stored = JSON.parse(vectorOf('three-keys').body).spec;
  const claims = (index: number, keyIndex = index) => ({
    signature: bytes(stored.signatures[index]?.signature ?? ''),
    verifier: api.encoding.decodePem(bytes(stored.signatures[keyIndex]?.verifier ?? ''))[0]?.der ?? new Uint8Array(),
    digest: { algorithm: 'sha256' as const, value: bytes(stored.payloadHash.value, 'hex') },
  });

  it('every signature with its own key', async () => {
    for (const index of [0, 1, 2]) await host.matches(stored, claims(index));
  });

  it('no signature with the key of another', async () => {
    await expect(host.matches(stored, claims(0, 1))).rejects.toMatchObject({ code: 'ERR_ENTRY_MISMATCH' });
  });

  it('no proposal', async () => {
    await expect(host.matches(base, claims(0))).rejects.toMatchObject({ code: 'ERR_ENTRY_INVALID' });
  });
});

describe('dsse 0.0.1 proposes', () => {
  const { content, publicKeys } = artifactOf(specOf('two-keys'));
  const options = { pkiFormat: 'x509' };
  const digest = { algorithm: 'sha256', value: api.crypto.hash('sha256', content) } as const;

  it('the envelope as it is, with a key for each signature', async () => {
    const spec = await host.propose({ content, digest, publicKeys: publicKeys.toReversed() }, options, context);
    const { verifiers, envelope } = (spec as Spec).proposedContent;
    expect(envelope).toBe(content.toString());
    expect([...verifiers].sort()).toEqual([...specOf('two-keys').proposedContent.verifiers].sort());
  });

  it.each([
    ['without the envelope', { digest, publicKeys }, options, 'ERR_ENTRY_INVALID'],
    ['without a key', { content, publicKeys: [] }, options, 'ERR_ENTRY_INVALID'],
    ['with a detached signature', { content, signature: bytes('AA=='), publicKeys }, options, 'ERR_ENTRY_INVALID'],
    ['with another format', { content, publicKeys }, { pkiFormat: 'pgp' }, 'ERR_ENTRY_INVALID'],
    [
      'with another digest',
      { content, digest: { ...digest, value: Buffer.alloc(32) }, publicKeys },
      options,
      'ERR_ENTRY_INVALID',
    ],
    ['that is not UTF-8', { content: bytes('/w=='), publicKeys }, options, 'ERR_ENTRY_INVALID'],
    ['that is not JSON', { content: bytes('AA=='), publicKeys }, options, 'ERR_MALFORMED'],
    ['without one of the keys', { content, publicKeys: publicKeys.slice(1) }, options, 'ERR_SIGNATURE_INVALID'],
  ])('nothing %s', async (_, artifact, choices, code) => {
    await expect(host.propose(artifact, choices, context)).rejects.toMatchObject({ code });
  });
});
