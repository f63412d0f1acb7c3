import { type JsonObject, pluginErrorCodes } from '@countersign/plugin-api';
import { type EntryVector, testEntryType } from '@countersign/plugin-api/testing';
import {
  type AcceptedVector,
  type ChangedPart,
  entryUnderTest,
  notRefused,
  type Verdict,
  verdictOf,
  withPart,
} from '@countersign/plugin-host/testing';
import { configSchema } from '@countersign/schemas';
import fc from 'fast-check';
import x509 from '../pki-x509/x509.format.ts';
import algorithm from '../policy-algorithm/algorithm.policy.ts';
import hashedrekord from './hashedrekord.handler.ts';

interface Spec extends JsonObject {
  readonly data: { readonly hash: { readonly algorithm: 'sha256' | 'sha384' | 'sha512'; readonly value: string } };
  readonly signature: { readonly content: string; readonly publicKey: { readonly content: string } };
}

const { host, accepted, api, context, readJson, refusal, specOf, type, validate } = entryUnderTest<Spec>({
  folder: new URL('.', import.meta.url),
  kind: 'hashedrekord',
  make: hashedrekord,
  formats: { x509 },
});
const base = specOf('key-ecdsa-p256');

/** Made by openssl over `an artifact`, with keys of which `foreign` made none. */
const keys: { name: string; file: string }[] = readJson('../../pki-x509/vectors/keys.json');
const signatures: { key: string; hash: string; digest: string; signature: string }[] = readJson(
  '../../pki-x509/vectors/signatures.json',
);
const keyFile = (name: string) => Buffer.from(keys.find((key) => key.name === name)?.file ?? '');
const bytes = (text: string, encoding: BufferEncoding = 'base64') => Buffer.from(text, encoding);

/** A certificate is covered by no signature when it stands alone, and a root never is. */
function covered(name: string): EntryVector['covered'] {
  const whole = { 'data.hash.value': 'hex', 'signature.content': 'base64' } as const;
  return name.includes('key') ? { ...whole, 'signature.publicKey.content': 'base64' } : whole;
}

function vector([name, { proposal, body, indexKeys }]: [string, AcceptedVector<Spec>]): EntryVector {
  const { data, signature } = proposal.spec;
  const canonical: Spec = JSON.parse(body).spec;
  const [verifier] = api.encoding.decodePem(bytes(canonical.signature.publicKey.content));
  const digest = { algorithm: data.hash.algorithm, value: bytes(data.hash.value, 'hex') };
  const artifact = {
    digest,
    signature: bytes(signature.content),
    publicKeys: [bytes(signature.publicKey.content)],
  };
  return {
    name,
    spec: proposal.spec,
    canonical,
    indexKeys,
    covered: covered(name),
    claims: { signature: bytes(signature.content), verifier: verifier?.der ?? new Uint8Array(), digest },
    // A digest proposed as bytes has no upper case.
    ...(name !== 'digest-upper-case' && { artifact: { artifact, options: { pkiFormat: 'x509' } } }),
  };
}

testEntryType('hashedrekord 0.0.1, as upstream admits it', {
  type,
  validate,
  vectors: [...accepted].map(vector),
  foreign: {
    'signature.publicKey.content': keyFile('foreign').toString('base64'),
    'signature.content': signatures[0]?.signature ?? '',
    'data.hash.value': signatures[0]?.digest ?? '',
  },
});

function at(schema: unknown, ...names: readonly string[]): unknown {
  return names.reduce((found, name) => (found as { properties: Record<string, unknown> }).properties[name], schema);
}

/** What a log's policies say of it that are not configured otherwise. */
async function denial(spec: Spec): Promise<Verdict> {
  const { default: policies } = at(configSchema, 'log', 'admission', 'policies') as {
    readonly default: readonly { readonly policy: string; readonly settings: JsonObject }[];
  };
  const check = await algorithm().prepare(policies.find(({ policy }) => policy === 'algorithm')?.settings ?? {}, {
    entryTypes: [],
  });
  const entry = { kind: 'hashedrekord', apiVersion: '0.0.1', ...(await type.admit(spec, context)) };
  const { decision, reason } = await check({ entry, bytes: 1, request: {}, now: context.now });
  return decision === 'deny' ? { code: 'ERR_ADMISSION_DENIED', message: reason } : notRefused;
}

describe('hashedrekord 0.0.1 refuses', () => {
  const refused: { name: string; upstream: string; code: string; proposal: { spec: Spec } }[] =
    readJson('refused.json');
  it.each(refused)('$name', async ({ proposal, upstream, code }) => {
    const refused = await refusal(proposal.spec);
    const found = refused === notRefused ? await denial(proposal.spec) : refused;
    expect(found.code).toBe(code);
    if (upstream.endsWith('entry algorithms are not allowed')) {
      expect(found.message).toContain('entry algorithms are not allowed');
    }
  });

  it.each(readJson('malformed.json') as ChangedPart[])('$path as $value', async (malformed) => {
    expect(await refusal(withPart(base, malformed))).toEqual(verdictOf(malformed));
  });

  // Upstream searches a path among the certificates and drops PEM headers; here a file is what it is.
  const departures: { name: string; code: string; proposal: { spec: Spec } }[] = readJson('departures.json');
  it.each(departures)('$name, which upstream accepts', async ({ proposal, code }) => {
    expect((await refusal(proposal.spec)).code).toBe(code);
  });

  it('a chain in which any bit of the leaf was changed', async () => {
    const spec = specOf('chain-of-three');
    const blocks = api.encoding.decodePem(bytes(spec.signature.publicKey.content));
    const leaf = blocks[0]?.der ?? new Uint8Array();
    for (let at = 0; at < leaf.length; at++) {
      const changed = Uint8Array.from(leaf);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      const file = [changed, ...blocks.slice(1).map(({ der }) => der)]
        .map((der) => api.encoding.encodePem('CERTIFICATE', der))
        .join('');
      const content = Buffer.from(file).toString('base64');
      const { code } = await refusal({ ...spec, signature: { ...spec.signature, publicKey: { content } } });
      expect(['ERR_MALFORMED', 'ERR_SIGNATURE_INVALID', 'ERR_UNSUPPORTED', 'ERR_ALGORITHM_NOT_ALLOWED']).toContain(
        code,
      );
    }
  });

  it('by code whatever fits the schema', async () => {
    const text = fc.oneof(fc.string(), fc.base64String(), fc.constant(base.signature.publicKey.content));
    const algorithm = fc.constantFrom('sha256', 'sha384', 'sha512');
    const digest = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'0123456789abcdefABCDEF') }),
      fc.constant(base.data.hash.value),
    );
    await fc.assert(
      fc.asyncProperty(text, text, algorithm, digest, async (content, key, algorithm, value) => {
        const spec = { data: { hash: { algorithm, value } }, signature: { content, publicKey: { content: key } } };
        const { code } = await refusal(spec);
        expect(pluginErrorCodes).toContain(code);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('hashedrekord 0.0.1 proposes', () => {
  const signature = bytes(base.signature.content);
  const publicKeys = [bytes(base.signature.publicKey.content)];
  const digest = { algorithm: base.data.hash.algorithm, value: bytes(base.data.hash.value, 'hex') };
  const options = { pkiFormat: 'x509' };

  it.each([
    ['without a signature', { digest, publicKeys }, options],
    ['without a key', { digest, signature, publicKeys: [] }, options],
    ['with two keys', { digest, signature, publicKeys: [...publicKeys, ...publicKeys] }, options],
    ['without an artifact', { signature, publicKeys }, options],
    ['another digest than the artifact has', { content: bytes('x', 'utf8'), digest, signature, publicKeys }, options],
    ['a digest of the wrong length', { digest: { ...digest, value: signature }, signature, publicKeys }, options],
    ['with keys of another format', { digest, signature, publicKeys }, { pkiFormat: 'pgp' }],
  ])('nothing %s', async (_, artifact, choices) => {
    await expect(host.propose(artifact, choices, context)).rejects.toMatchObject({ code: 'ERR_ENTRY_INVALID' });
  });

  it('the hash that the key signs with, from the artifact itself', async () => {
    const content = bytes('an artifact\n', 'utf8');
    for (const { key, hash, digest, signature } of signatures.slice(0, 5)) {
      const artifact = { content, signature: bytes(signature), publicKeys: [keyFile(key)] };
      expect(await host.propose(artifact, options, context)).toMatchObject({
        data: { hash: { algorithm: hash, value: digest } },
      });
    }
  });
});
