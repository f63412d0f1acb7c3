import { createHash, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { type JsonObject, type JsonValue, type PkiFormat, pluginErrorCodes } from '@countersign/plugin-api';
import { type EntryVector, testEntryType } from '@countersign/plugin-api/testing';
import { createPluginApi } from '@countersign/plugin-host';
import { hosted } from '@countersign/plugin-host/testing';
import { compileSchema } from '@countersign/schema';
import fc from 'fast-check';
import x509 from '../pki-x509/x509.format.ts';
import { writeBytes } from './cbor.ts';
import cose from './cose.handler.ts';
import { limits } from './limits.ts';

const vectors = new URL('./vectors/', import.meta.url);
const readJson = (name: string) => JSON.parse(readFileSync(new URL(name, vectors), 'utf8'));

/** What upstream's server answered: the proposal as it was sent, the body as it was stored. */
interface Accepted {
  readonly proposal: { readonly spec: Spec };
  readonly body: string;
  readonly indexKeys: readonly string[];
}

interface Spec extends JsonObject {
  readonly message: string;
  readonly publicKey: string;
  readonly data: { readonly aad?: string };
}

const formats: { x509?: PkiFormat } = {};
const api = createPluginApi({
  get(id) {
    if (id !== 'x509' || formats.x509 === undefined) throw new Error(`asked for ${id}`);
    return formats.x509;
  },
  ids: () => ['x509'],
});
formats.x509 = x509(api);
const type = cose(api);
const host = hosted(new URL('.', import.meta.url), 'cose', type);
const context = { now: new Date(0) };
const validate = compileSchema(readJson('../cose.v0.0.1.schema.json'));

const accepted = new Map<string, Accepted>(
  readdirSync(new URL('accepted', vectors)).map((name) => [name.replace('.json', ''), readJson(`accepted/${name}`)]),
);
const vectorOf = (name: string) => accepted.get(name) as Accepted;
const specOf = (name: string) => vectorOf(name).proposal.spec;
const bytes = (text: string, encoding: BufferEncoding = 'base64') => Buffer.from(text, encoding);
const base = specOf('es256-aad');
const options = { pkiFormat: 'x509' };
const artifactOf = ({ message, publicKey }: Spec) => ({ content: bytes(message), publicKeys: [bytes(publicKey)] });
const optionsOf = ({ data: { aad } }: Spec) => ({ ...options, ...(aad !== undefined && { aad: bytes(aad) }) });

function vector(name: string): EntryVector {
  const { proposal, body, indexKeys } = vectorOf(name);
  const { spec } = proposal;
  const canonical = JSON.parse(body).spec;
  return {
    name,
    spec,
    canonical,
    indexKeys,
    covered: {
      // Nothing signs the unprotected header, which pycose and cwt fill.
      ...(!name.startsWith('pycose') && !name.startsWith('cwt') && { message: 'base64' as const }),
      ...(name !== 'certificate' && { publicKey: 'base64' as const }),
      ...(spec.data.aad !== undefined && { 'data.aad': 'base64' as const }),
    },
    claims: {
      signature: bytes(spec.message),
      verifier: api.encoding.decodePem(bytes(canonical.publicKey))[0]?.der ?? bytes(''),
      digest: { algorithm: 'sha256', value: bytes(canonical.data.payloadHash.value, 'hex') },
    },
    artifact: { artifact: artifactOf(spec), options: optionsOf(spec) },
  };
}

testEntryType('cose 0.0.1, as upstream admits it', {
  type,
  validate,
  vectors: ['es256', 'es256-aad', 'ps256-aad', 'certificate', 'statement', 'pycose-es256', 'cwt-ps256'].map(vector),
  foreign: {
    publicKey: readJson('refused.json').find(({ name }: Refused) => name === 'P-384').spec.publicKey,
    message: readJson('refused.json').find(({ name }: Refused) => name === 'a signature of another key').spec.message,
    'data.aad': 'AAAA',
  },
  storesAll: false,
});

/** What the host does with a spec, up to the message. */
async function refusal(spec: JsonObject): Promise<{ code: string; message: string }> {
  const issue = validate(spec);
  if (issue !== undefined) return { code: 'ERR_SCHEMA', message: `validation failure list:\n${issue.message}` };
  return type.admit(spec, context).then(
    () => ({ code: 'none', message: 'not refused' }),
    ({ code, message }) => ({ code, message }),
  );
}

describe('cose 0.0.1', () => {
  it.each([...accepted])('writes the body that upstream stored: %s', async (_, { proposal, body, indexKeys }) => {
    const { spec, ...entry } = await type.admit(proposal.spec, context);
    const written = api.encoding.canonicalJson({ apiVersion: '0.0.1', kind: 'cose', spec });
    expect(Buffer.from(written).toString()).toBe(body);
    expect(entry.indexKeys).toEqual(indexKeys);
  });

  it('refuses a chain that does not hold', async () => {
    const { publicKey, ...spec } = specOf('certificate');
    const chains: { name: string; file: string }[] = JSON.parse(
      readFileSync(new URL('../pki-x509/vectors/keys.json', import.meta.url), 'utf8'),
    );
    const other = chains.find(({ name }) => name === 'chain')?.file ?? '';
    const broken = Buffer.from(`${bytes(publicKey)}${other}`).toString('base64');
    expect(await refusal({ ...spec, publicKey: broken })).toMatchObject({ code: 'ERR_SIGNATURE_INVALID' });
  });

  it('names the key that signed, and keeps the message beside the log', async () => {
    const { spec, verifiers, attestation, indexKeys } = await type.admit(specOf('certificate'), context);
    const [, subject, , , digest] = indexKeys;
    const certificate = new X509Certificate(bytes(specOf('certificate').publicKey));
    expect(verifiers).toEqual([
      {
        fingerprint: createHash('sha256').update(certificate.raw).digest('hex'),
        algorithm: 'ecdsa-p256',
        identities: expect.any(Array),
        certificates: [new Uint8Array(certificate.raw)],
      },
    ]);
    expect(await type.display?.(spec)).toEqual({ title: 'COSE message', subject, digest });
    expect(attestation).toEqual(bytes(specOf('certificate').message));
  });
});

interface Refused {
  readonly name: string;
  readonly spec: JsonObject;
  readonly upstream: string;
  readonly ours?: string;
  readonly code: string;
}

describe('cose 0.0.1 refuses', () => {
  interface Malformed {
    readonly path: string;
    readonly value?: JsonValue;
    readonly upstream: string;
    readonly ours?: string;
    readonly code: string;
  }
  const malformed: { readonly base: Spec; readonly cases: readonly Malformed[] } = readJson('malformed.json');
  it.each(malformed.cases)('$path as $value', async ({ path, value, upstream, ours, code }) => {
    const spec = structuredClone(malformed.base);
    const parent: Record<string, unknown> = path.startsWith('data.') ? spec.data : spec;
    parent[path.replace('data.', '')] = value;
    expect(await refusal(spec)).toEqual({ code, message: ours ?? upstream });
  });

  it.each(readJson('refused.json') as Refused[])('$name', async ({ spec, upstream, ours, code }) => {
    expect(await refusal(spec)).toEqual({ code, message: ours ?? upstream });
  });

  it.each(readJson('departures.json') as Refused[])('$name, which upstream accepts', async ({ spec, ours, code }) => {
    expect(await refusal(spec)).toEqual({ code, message: ours });
  });

  it('by code a message changed anyhow, or it has the same payload', async () => {
    const { payloadHash } = JSON.parse(vectorOf('pycose-es256').body).spec.data;
    const spec = specOf('pycose-es256');
    const change = fc.record({ at: fc.nat(120), bytes: fc.uint8Array({ maxLength: 9 }), remove: fc.nat(9) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const changed = changes.reduce(
          (file, { at, bytes: added, remove }) =>
            Buffer.concat([file.subarray(0, at), added, file.subarray(at + remove)]),
          bytes(spec.message),
        );
        const entry = await type
          .admit({ ...spec, message: changed.toString('base64') }, context)
          .catch(({ code }) => expect(pluginErrorCodes).toContain(code));
        const data = entry?.spec.data as JsonObject | undefined;
        expect(data === undefined || isDeepStrictEqual({ ...(data.payloadHash as object) }, payloadHash)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('by code whatever stands in the headers', async () => {
    const header = fc.uint8Array({ maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(header, header, async (inner, outer) => {
        const message = messageOf(inner, outer, bytes('aGVsbG8='), Buffer.alloc(64, 1));
        const { code } = await refusal({ ...base, message: message.toString('base64') });
        expect(pluginErrorCodes).toContain(code);
      }),
      { numRuns: 1000 },
    );
  });
});

/** A message of these parts. */
function messageOf(inner: Uint8Array, outer: Uint8Array, payload: Uint8Array, signature: Uint8Array): Buffer {
  return Buffer.concat([bytes('d284', 'hex'), writeBytes(inner), outer, writeBytes(payload), writeBytes(signature)]);
}

describe('limits', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = Buffer.from(publicKey.export({ format: 'pem', type: 'spki' }));

  function proposal(more: string, payload: Uint8Array = bytes('AA=='), key: KeyObject = privateKey): JsonObject {
    const inner = bytes(`a20126${more}`, 'hex');
    const signed = Buffer.concat([
      bytes('846a', 'hex'),
      Buffer.from('Signature1'),
      writeBytes(inner),
      bytes('40', 'hex'),
      writeBytes(payload),
    ]);
    const signature = sign('sha256', signed, { key, dsaEncoding: 'ieee-p1363' });
    const message = messageOf(inner, bytes('a0', 'hex'), payload, signature);
    return { message: message.toString('base64'), publicKey: pem.toString('base64'), data: {} };
  }

  it('headers nest up to the limit', async () => {
    // The map is the first level, what it holds the second.
    const nested = (depth: number) => proposal(`6178${'81'.repeat(depth - 1)}00`);
    await type.admit(nested(limits.depth), context);
    await expect(type.admit(nested(limits.depth + 1), context)).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });

  it('headers have items up to the limit', async () => {
    // Beside the list's: the map, two labels, the algorithm and the list itself.
    const listed = (items: number) =>
      proposal(`617899${(items - 5).toString(16).padStart(4, '0')}${'00'.repeat(items - 5)}`);
    await type.admit(listed(limits.headerItems), context);
    await expect(type.admit(listed(limits.headerItems + 1), context)).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });

  it('statements name digests up to the limit', async () => {
    const contentType = Buffer.from('application/vnd.in-toto+json');
    const naming = (count: number) => {
      const subject = Array.from({ length: count }, (_, index) => ({ digest: { sha256: `${index}` } }));
      return proposal(
        `0378${contentType.length.toString(16)}${contentType.toString('hex')}`,
        Buffer.from(JSON.stringify({ subject })),
      );
    };
    expect((await type.admit(naming(limits.digests), context)).indexKeys).toHaveLength(limits.digests + 3);
    await expect(type.admit(naming(limits.digests + 1), context)).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });

  it.each([0, 23, 24, 255, 256, 65_535, 65_536])('payloads of %i bytes verify', async (length) => {
    expect(await refusal(proposal('617800', Buffer.alloc(length, 1)))).toMatchObject({ code: 'none' });
  });
});

describe('cose 0.0.1 proposes', () => {
  const { content, publicKeys } = artifactOf(base);
  const digest = { algorithm: 'sha256', value: api.crypto.hash('sha256', content) } as const;
  const withAad = optionsOf(base);

  it.each(['es256', 'es256-aad', 'certificate', 'key-in-lines'])('what rekor-cli sends: %s', async (name) => {
    const spec = specOf(name);
    expect(await host.propose({ ...artifactOf(spec) }, optionsOf(spec), context)).toEqual(spec);
  });

  it.each([
    ['without the message', { digest, publicKeys }, withAad, 'ERR_ENTRY_INVALID'],
    ['with an empty file', { content: bytes(''), publicKeys }, withAad, 'ERR_ENTRY_INVALID'],
    ['with a signature', { content, signature: content, publicKeys }, withAad, 'ERR_ENTRY_INVALID'],
    ['without a key', { content, publicKeys: [] }, withAad, 'ERR_ENTRY_INVALID'],
    ['with two keys', { content, publicKeys: [...publicKeys, ...publicKeys] }, withAad, 'ERR_ENTRY_INVALID'],
    [
      'with another digest',
      { content, digest: { ...digest, value: content }, publicKeys },
      withAad,
      'ERR_ENTRY_INVALID',
    ],
    ['without what was signed beside it', { content, publicKeys }, options, 'ERR_SIGNATURE_INVALID'],
    ['of what is no message', { content: bytes('hello', 'utf8'), publicKeys }, withAad, 'ERR_MALFORMED'],
  ])('nothing %s', async (_, artifact, choices, code) => {
    await expect(host.propose(artifact, choices, context)).rejects.toMatchObject({ code });
  });
});
