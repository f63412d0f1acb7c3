import { createHash } from 'node:crypto';
import { type JsonObject, pluginErrorCodes } from '@countersign/plugin-api';
import { type EntryVector, testEntryType } from '@countersign/plugin-api/testing';
import {
  type ChangedPart,
  notRefused,
  type RefusedVector,
  verdictOf,
  withPart,
} from '@countersign/plugin-host/testing';
import fc from 'fast-check';
import { type SpecV001, type SpecV002, v1, v2, versionOf } from './intoto-versions.fixture.ts';
import { limits } from './limits.ts';
import { base64, makeSigner, sealed, specV001, specV002 } from './signed.fixture.ts';

interface Refused extends RefusedVector {
  readonly name: string;
  readonly proposal: { readonly apiVersion: string; readonly spec: JsonObject };
}

const { accepted, api, context, readJson } = v1;
const bytes = (text: string, encoding: BufferEncoding = 'base64') => Buffer.from(text, encoding);
const specV1 = v1.specOf;
const specV2 = v2.specOf;
const storedV2 = (name: string): SpecV002 => JSON.parse(v2.vectorOf(name).body).spec;
const derOf = (pem: string) => api.encoding.decodePem(bytes(pem))[0]?.der ?? new Uint8Array();

const artifactV1 = ({ content: { envelope }, publicKey }: SpecV001) => ({
  content: bytes(envelope, 'utf8'),
  publicKeys: [bytes(publicKey)],
});

/** The file whose proposal this is: as the vectors' script wrote it. */
const artifactV2 = ({ content: { envelope } }: SpecV002) => ({
  content: bytes(
    JSON.stringify({
      payload: bytes(envelope.payload).toString(),
      payloadType: envelope.payloadType,
      signatures: envelope.signatures.map(({ keyid, sig }) => ({
        ...(keyid && { keyid }),
        sig: bytes(sig).toString(),
      })),
    }),
    'utf8',
  ),
  publicKeys: envelope.signatures.map(({ publicKey }) => bytes(publicKey)),
});

function vector(name: string, more: Pick<EntryVector, 'covered' | 'claims' | 'artifact'>): EntryVector {
  const { proposal, body, indexKeys } = v1.vectorOf(name);
  return { name, spec: proposal.spec, canonical: JSON.parse(body).spec, indexKeys, ...more };
}

const options = { pkiFormat: 'x509' };
const shared = { storesAll: false };

testEntryType('intoto 0.0.1, as upstream admits it', {
  ...v1,
  ...shared,
  vectors: ['v1-ecdsa-p384', 'v1-rsa-2048', 'v1-ed25519', 'v1-cosign-attest-blob', 'v1-certificate'].map((name) =>
    vector(name, {
      covered: {
        'content.envelope': 'utf8',
        // Nothing signs the certificate's own signature.
        ...(name !== 'v1-certificate' && { publicKey: 'base64' as const }),
      },
      artifact: { artifact: artifactV1(specV1(name)), options },
    }),
  ),
  foreign: {
    publicKey: makeSigner().publicKey,
    'content.envelope': JSON.stringify(sealed('text/plain', 'x', [makeSigner()])),
  },
  binds: false,
});

testEntryType('intoto 0.0.2, as upstream admits it', {
  ...v2,
  ...shared,
  vectors: ['v2-ecdsa-p521', 'v2-rsa-2048', 'v2-ed25519', 'v2-cosign-attest-blob', 'v2-certificate'].map((name) => {
    const stored = storedV2(name);
    const [signature] = stored.content.envelope.signatures;
    return vector(name, {
      covered: {
        'content.envelope.payload': 'base64',
        'content.envelope.payloadType': 'utf8',
        'content.envelope.signatures.0.sig': 'base64',
      },
      claims: {
        signature: bytes(bytes(signature?.sig ?? '').toString()),
        verifier: derOf(signature?.publicKey ?? ''),
        digest: { algorithm: 'sha256', value: bytes(stored.content.payloadHash.value, 'hex') },
      },
      ...(name !== 'v2-cosign-attest-blob' && { artifact: { artifact: artifactV2(specV2(name)), options } }),
    });
  }),
  foreign: {
    'content.envelope.payload': base64(base64('another')),
    'content.envelope.payloadType': 'text/html',
    'content.envelope.signatures.0.publicKey': makeSigner().publicKey,
    'content.envelope.signatures.0.sig': base64(makeSigner().sign('text/plain', 'x')),
  },
});

describe('intoto', () => {
  it.each([...accepted])('writes the body that upstream stored: %s', async (_, { proposal, body, ...expected }) => {
    const { validate, written } = versionOf(proposal.apiVersion);
    expect(validate(proposal.spec)).toBeUndefined();
    const { attestation = new Uint8Array(0), ...entry } = await written(proposal.spec);
    expect(entry).toMatchObject({ body, indexKeys: expected.indexKeys });
    const digest = createHash('sha256').update(attestation).digest('hex');
    expect(expected.attestation).toEqual({ key: `sha256:${digest}`, bytes: attestation.length });
    // What the leaf holds of it.
    expect(body).toContain(`"payloadHash":{"algorithm":"sha256","value":"${digest}"}`);
    expect(validate(JSON.parse(body).spec)).toBeUndefined();
  });

  it('names whoever signed, and no one else', async () => {
    const algorithms = async (name: string) => {
      const { apiVersion, spec } = v1.vectorOf(name).proposal;
      return (await versionOf(apiVersion).type.admit(spec, context)).verifiers.map(({ algorithm }) => algorithm);
    };
    expect(await algorithms('v1-two-signatures-one-key')).toEqual(['ecdsa-p256']);
    expect(await algorithms('v2-three-signers-keyids')).toEqual(['rsa-2048', 'ecdsa-p256', 'ed25519']);
    expect(await algorithms('v2-signature-twice')).toEqual(['ecdsa-p256']);
  });

  it('takes null for what a client leaves out', async () => {
    const first = specV1('v1-ecdsa-p256');
    const nulls = { ...first, content: { ...first.content, hash: null, payloadHash: null } };
    expect(await v1.refusal(nulls)).toEqual(notRefused);
    const second = structuredClone(specV2('v2-ecdsa-p256')) as unknown as { content: Record<string, unknown> };
    second.content.payloadHash = null;
    expect(await v2.refusal(second as never)).toEqual(notRefused);
  });

  it('keeps what the client says of the envelope’s digest, which it cannot verify', async () => {
    const spec = structuredClone(specV2('v2-ecdsa-p256'));
    const hash = { algorithm: 'sha256', value: 'ab'.repeat(32) };
    const admitted = await v2.type.admit({ content: { ...spec.content, hash } }, context);
    expect((admitted.spec as SpecV002).content.hash).toEqual(hash);
    expect(admitted.indexKeys).not.toContain(`sha256:${hash.value}`);
  });
});

describe('intoto refuses', () => {
  const all = [...(readJson('refused.json') as Refused[]), ...(readJson('departures.json') as Refused[])];
  const known = all.filter(({ proposal }) => proposal.apiVersion !== '0.0.3');
  it.each(known.map((one) => [one.name, one] as const))('or accepts, as its vector says, %s', async (_, vector) => {
    const { apiVersion, spec } = vector.proposal;
    expect(await versionOf(apiVersion).refusal(spec)).toEqual(verdictOf(vector));
  });

  const malformed: (ChangedPart & { base: string })[] = readJson('malformed.json');
  it.each(
    malformed.map((one) => [one.base, one.path, one.value, one] as const),
  )('or accepts, as its vector says, in %s %s as %j', async (base, _, __, changed) => {
    const { apiVersion, spec } = v1.vectorOf(base).proposal;
    expect(await versionOf(apiVersion).refusal(withPart(spec, changed))).toEqual(verdictOf(changed));
  });

  it(`more than ${limits.signatures} signatures`, async () => {
    const signers = Array.from({ length: limits.signatures + 1 }, makeSigner);
    const keys = signers.map(({ publicKey }) => publicKey);
    const most = sealed('t', 'x', signers.slice(1));
    const over = sealed('t', 'x', signers);
    expect(await v1.refusal(specV001(most, keys[1] ?? ''))).toEqual(notRefused);
    expect(await v2.refusal(specV002(most, keys.slice(1)))).toEqual(notRefused);
    expect((await v1.refusal(specV001(over, keys[1] ?? ''))).code).toBe('ERR_TOO_LARGE');
    expect((await v2.refusal(specV002(over, keys))).code).toBe('ERR_TOO_LARGE');
  });

  it('by code whatever fits the schema', async () => {
    const { payload, payloadType, signatures } = specV2('v2-ecdsa-p256').content.envelope;
    const text = fc.oneof(fc.string(), fc.base64String(), fc.base64String().map(base64), fc.constant(payload));
    const key = fc.oneof(fc.base64String(), fc.constant(signatures[0]?.publicKey ?? ''));
    const sig = fc.oneof(text, fc.constant(signatures[0]?.sig ?? ''));
    const signature = fc.record({ sig, publicKey: key, keyid: fc.string() }, { requiredKeys: ['sig', 'publicKey'] });
    const envelope = fc.record({
      payload: text,
      payloadType: fc.oneof(fc.string(), fc.constant(payloadType)),
      signatures: fc.array(signature, { minLength: 1, maxLength: 4 }),
    });
    const hash = fc.record({ algorithm: fc.constant('sha256'), value: fc.constantFrom('', '00', '00'.repeat(32)) });
    const codes = [...pluginErrorCodes, 'ERR_SCHEMA', notRefused.code];
    await fc.assert(
      fc.asyncProperty(envelope, hash, key, fc.json(), async (envelope, hash, publicKey, json) => {
        for (const { code } of [
          await v2.refusal({ content: { envelope, hash } }),
          await v1.refusal({ content: { envelope: JSON.stringify(envelope) }, publicKey }),
          await v1.refusal({ content: { envelope: json }, publicKey }),
        ]) {
          expect(codes).toContain(code);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('intoto matches', () => {
  const stored = storedV2('v2-three-signers-keyids');
  const { signatures } = stored.content.envelope;
  const claims = (index: number, keyIndex = index) => ({
    signature: bytes(bytes(signatures[index]?.sig ?? '').toString()),
    verifier: derOf(signatures[keyIndex]?.publicKey ?? ''),
    digest: { algorithm: 'sha256' as const, value: bytes(stored.content.payloadHash.value, 'hex') },
  });

  it('0.0.2: every signature with its own key', async () => {
    for (const index of [0, 1, 2]) await v2.host.matches(stored, claims(index));
    await expect(v2.host.matches(stored, claims(0, 1))).rejects.toMatchObject({ code: 'ERR_ENTRY_MISMATCH' });
  });
});

describe('intoto proposes', () => {
  const { content, publicKeys } = artifactV2(specV2('v2-three-signers-keyids'));
  const digest = { algorithm: 'sha256', value: api.crypto.hash('sha256', content) } as const;

  it('0.0.2: envelope, keys and digest, as the client sends them', async () => {
    const artifact = { content, digest, publicKeys: publicKeys.toReversed() };
    expect(await v2.host.propose(artifact, options, context)).toEqual(specV2('v2-three-signers-keyids'));
  });

  it('0.0.1: the envelope as it is, and its digest', async () => {
    const spec = specV1('v1-ecdsa-p256');
    const value = createHash('sha256').update(spec.content.envelope).digest('hex');
    expect(await v1.host.propose(artifactV1(spec), options, context)).toEqual({
      ...spec,
      content: { ...spec.content, hash: { algorithm: 'sha256', value } },
    });
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
    ['that is not JSON', { content: bytes('AA=='), publicKeys: publicKeys.slice(0, 1) }, options, 'ERR_MALFORMED'],
  ])('nothing %s', async (_, artifact, choices, code) => {
    for (const { host } of [v1, v2]) {
      await expect(host.propose(artifact, choices, context)).rejects.toMatchObject({ code });
    }
  });

  it('nothing with another number of keys than it takes', async () => {
    const refused = { code: 'ERR_ENTRY_INVALID' };
    await expect(v1.host.propose({ content, publicKeys }, options, context)).rejects.toMatchObject(refused);
    const fewer = { content, publicKeys: publicKeys.slice(1) };
    await expect(v2.host.propose(fewer, options, context)).rejects.toMatchObject(refused);
  });
});
