import { type JsonObject, type PkiFormat, pluginErrorCodes } from '@countersign/plugin-api';
import { type EntryVector, testEntryType } from '@countersign/plugin-api/testing';
import { type ChangedPart, entryUnderTest, pluginApiWith, verdictOf, withPart } from '@countersign/plugin-host/testing';
import fc from 'fast-check';
import pgp from '../pki-pgp/pgp.format.ts';
import x509 from '../pki-x509/x509.format.ts';
import rekord from './rekord.handler.ts';

interface Spec extends JsonObject {
  readonly data: { readonly content: string };
  readonly signature: {
    readonly format: string;
    readonly content: string;
    readonly publicKey: { readonly content: string };
  };
}

const { host, accepted, api, context, readJson, refusal, specOf, type, validate, vectorOf, written } =
  entryUnderTest<Spec>({
    folder: new URL('.', import.meta.url),
    kind: 'rekord',
    make: rekord,
    formats: { x509, pgp },
  });
const bytes = (text: string, encoding: BufferEncoding = 'base64') => Buffer.from(text, encoding);
const sha256 = (content: Uint8Array) => ({ algorithm: 'sha256', value: api.crypto.hash('sha256', content) }) as const;
const base = specOf('pgp-ed-armored');
const artifactOf = ({ data, signature }: Spec) => ({
  content: bytes(data.content),
  signature: bytes(signature.content),
  publicKeys: [bytes(signature.publicKey.content)],
});

function vector(name: string): EntryVector {
  const { proposal, body, indexKeys } = vectorOf(name);
  const { data, signature } = proposal.spec;
  const canonical: Spec = JSON.parse(body).spec;
  const key = bytes(canonical.signature.publicKey.content);
  return {
    name,
    spec: proposal.spec,
    canonical,
    indexKeys,
    covered: {
      'data.content': 'base64',
      'signature.content': 'base64',
      ...(name.startsWith('x509') && !name.endsWith('cert') && { 'signature.publicKey.content': 'base64' as const }),
    },
    claims: {
      signature: bytes(canonical.signature.content),
      verifier: signature.format === 'x509' ? (api.encoding.decodePem(key)[0]?.der ?? key) : key,
      digest: sha256(bytes(data.content)),
    },
    artifact: { artifact: artifactOf(proposal.spec), options: { pkiFormat: signature.format } },
  };
}

const whole = ['pgp-ed-armored', 'pgp-rsa-armored', 'x509-256', 'x509-ed', 'x509-rsa', 'x509-cert'];
testEntryType('rekord 0.0.1, as upstream admits it', {
  type,
  validate,
  vectors: whole.map(vector),
  foreign: {
    'signature.publicKey.content': specOf('pgp-p256-armored').signature.publicKey.content,
    'signature.content': specOf('pgp-sub-armored').signature.content,
    'data.content': bytes('another', 'utf8').toString('base64'),
    'data.hash': { algorithm: 'sha256', value: '00'.repeat(32) },
  },
  storesAll: false,
});

describe('rekord 0.0.1', () => {
  it.each([...accepted])('writes the body that upstream stored: %s', async (_, { proposal, body, indexKeys }) => {
    expect(await written(proposal.spec)).toMatchObject({ body, indexKeys });
  });

  it('takes the digest beside the content', async () => {
    const value = Buffer.from(sha256(bytes(base.data.content)).value).toString('hex');
    const { spec } = await type.admit(
      { ...base, data: { ...base.data, hash: { algorithm: 'sha256', value } } },
      context,
    );
    expect(spec).toEqual((await type.admit(base, context)).spec);
  });

  it('names the key that signed, not all of its file', async () => {
    const { verifiers } = await type.admit(specOf('pgp-sub-armored'), context);
    expect(verifiers.map(({ algorithm }) => algorithm)).toEqual(['rsa-2048']);
  });

  it('verifies no other text than the signature carries', async () => {
    const carries = (text: string) => (): PkiFormat => ({
      parseKey: async (canonical) => ({ canonical, identities: [], members: [{ fingerprint: 'f', algorithm: 'toy' }] }),
      parseSignature: async (canonical) => ({ canonical, message: bytes(text, 'utf8') }),
      verify: async ({ keys: [key] }) =>
        key ? [{ ...key.members[0], identities: ['me'], key }] : (expect(key).toBeDefined() as never),
    });
    const spec = (format: string) => ({ ...base, signature: { ...base.signature, format } });
    const formats = { other: carries('another text'), same: carries(bytes(base.data.content).toString()) };
    const type = rekord(pluginApiWith(formats));
    await expect(type.admit(spec('other'), context)).rejects.toMatchObject({ code: 'ERR_SIGNATURE_INVALID' });
    expect((await type.admit(spec('same'), context)).verifiers).toEqual([
      { fingerprint: 'f', algorithm: 'toy', identities: ['me'] },
    ]);
  });
});

describe('rekord 0.0.1 refuses', () => {
  it.each(readJson('malformed.json') as ChangedPart[])('$path as $value', async (malformed) => {
    expect(await refusal(withPart(base, malformed))).toEqual(verdictOf(malformed));
  });

  const refused: { name: string; upstream: string; code: string; proposal: { spec: Spec } }[] =
    readJson('refused.json');
  it.each(refused)('what was signed by $name', async ({ proposal, upstream, code }) => {
    const message = upstream.replace('invalid signature: unknown', 'unknown');
    expect(await refusal(proposal.spec)).toEqual({ code, message });
  });

  it('by code whatever fits the schema', async () => {
    const { signature, data } = base;
    const text = fc.oneof(fc.string(), fc.base64String(), fc.constant(signature.content));
    const key = fc.oneof(fc.base64String(), fc.constant(signature.publicKey.content));
    const format = fc.constantFrom('pgp', 'x509', '', '__proto__', 'constructor');
    const hash = fc.constantFrom(undefined, '', '00', '00'.repeat(32));
    await fc.assert(
      fc.asyncProperty(text, key, format, hash, text, async (content, publicKey, format, value, artifact) => {
        const spec = {
          data: { content: artifact, ...(value !== undefined && { hash: { algorithm: 'sha256', value } }) },
          signature: { format, content, publicKey: { content: publicKey } },
        };
        fc.pre(artifact !== data.content);
        expect(pluginErrorCodes).toContain((await refusal(spec)).code);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('rekord 0.0.1 proposes', () => {
  const { content, signature, publicKeys } = artifactOf(base);
  const options = { pkiFormat: 'pgp' };
  const digest = sha256(content);

  it('content and digest, as the client sends them', async () => {
    const spec = await host.propose({ content, digest, signature, publicKeys }, options, context);
    const value = Buffer.from(digest.value).toString('hex');
    expect(spec).toEqual({ ...base, data: { ...base.data, hash: { algorithm: 'sha256', value } } });
  });

  it.each([
    ['without the artifact', { digest, signature, publicKeys }, options, 'ERR_ENTRY_INVALID'],
    ['with an empty artifact', { content: bytes(''), signature, publicKeys }, options, 'ERR_ENTRY_INVALID'],
    ['without a signature', { content, publicKeys }, options, 'ERR_ENTRY_INVALID'],
    ['without a key', { content, signature, publicKeys: [] }, options, 'ERR_ENTRY_INVALID'],
    ['with two keys', { content, signature, publicKeys: [...publicKeys, ...publicKeys] }, options, 'ERR_ENTRY_INVALID'],
    [
      'with another digest',
      { content, digest: sha256(signature), signature, publicKeys },
      options,
      'ERR_ENTRY_INVALID',
    ],
    ['another format', { content, signature, publicKeys }, { pkiFormat: 'x509' }, 'ERR_MALFORMED'],
    ['a format that is not loaded', { content, signature, publicKeys }, { pkiFormat: 'none' }, 'ERR_UNSUPPORTED'],
    ['what does not verify', { content: signature, signature, publicKeys }, options, 'ERR_SIGNATURE_INVALID'],
  ])('nothing %s', async (_, artifact, choices, code) => {
    await expect(host.propose(artifact, choices, context)).rejects.toMatchObject({ code });
  });
});
