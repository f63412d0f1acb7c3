import { createHash, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { type JsonObject, type JsonValue, type PkiFormat, pluginErrorCodes } from '@countersign/plugin-api';
import { type EntryVector, testEntryType } from '@countersign/plugin-api/testing';
import { createPluginApi } from '@countersign/plugin-host';
import { hosted } from '@countersign/plugin-host/testing';
import { compileSchema } from '@countersign/schema';
import fc from 'fast-check';
import pkcs7 from '../pki-pkcs7/pkcs7.format.ts';
import { limits } from './limits.ts';
import { readResponse } from './response.ts';
import rfc3161 from './rfc3161.handler.ts';

const vectors = new URL('./vectors/', import.meta.url);
const readJson = (name: string) => JSON.parse(readFileSync(new URL(name, vectors), 'utf8'));

/** What upstream's server answered: the proposal as it was sent, the body as it was stored. */
interface Accepted {
  readonly proposal: { readonly spec: Spec };
  readonly body: string;
  readonly indexKeys: readonly string[];
}

interface Spec extends JsonObject {
  readonly tsr: { readonly content: string };
}

const formats: { pkcs7?: PkiFormat } = {};
const api = createPluginApi({
  get(id) {
    if (id !== 'pkcs7' || formats.pkcs7 === undefined) throw new Error(`asked for ${id}`);
    return formats.pkcs7;
  },
  ids: () => ['pkcs7'],
});
formats.pkcs7 = pkcs7(api);
const type = rfc3161(api);
const host = hosted(new URL('.', import.meta.url), 'rfc3161', type);
const context = { now: new Date(0) };
const validate = compileSchema(readJson('../rfc3161.v0.0.1.schema.json'));

const accepted = new Map<string, Accepted>(
  readdirSync(new URL('accepted', vectors)).map((name) => [name.replace('.json', ''), readJson(`accepted/${name}`)]),
);
const vectorOf = (name: string) => accepted.get(name) as Accepted;
const responseOf = (name: string) => Buffer.from(vectorOf(name).proposal.spec.tsr.content, 'base64');
const certificatesOf = (name: string) => readResponse(api, responseOf(name)).certificates;
const withResponse = (response: Uint8Array) => ({ tsr: { content: Buffer.from(response).toString('base64') } });
const sha256 = (content: Uint8Array) => ({ algorithm: 'sha256', value: api.crypto.hash('sha256', content) }) as const;
/** rekor-cli's default, which means nothing here. */
const options = { pkiFormat: 'x509' };

function vector(name: string): EntryVector {
  const { proposal, body, indexKeys } = vectorOf(name);
  const content = responseOf(name);
  return {
    name,
    spec: proposal.spec,
    canonical: JSON.parse(body).spec,
    indexKeys,
    // Everything is stored, also what nothing signs: flips are tested below.
    covered: {},
    claims: {
      signature: content,
      verifier: certificatesOf(name).find((der) => new X509Certificate(der).subject.includes('TSA')) ?? content,
      digest: sha256(content),
    },
    artifact: { artifact: { content, publicKeys: [] }, options },
  };
}

testEntryType('rfc3161 0.0.1, as upstream admits it', {
  type,
  validate,
  vectors: ['ec', 'leaf-chain', 'policy'].map(vector),
  foreign: {
    'tsr.content': readJson('refused.json').find(({ name }: Refused) => name === "another response's TSTInfo").spec.tsr
      .content,
  },
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

describe('rfc3161 0.0.1', () => {
  it.each([...accepted])('writes the body that upstream stored: %s', async (_, { proposal, body, indexKeys }) => {
    const { spec, ...entry } = await type.admit(proposal.spec, context);
    const written = api.encoding.canonicalJson({ apiVersion: '0.0.1', kind: 'rfc3161', spec });
    expect(Buffer.from(written).toString()).toBe(body);
    expect(entry.indexKeys).toEqual(indexKeys);
  });

  it.each([
    ['ec', 'CN=TSA ec', 'ecdsa-p256'],
    ['rsa', 'CN=TSA rsa', 'rsa-2048'],
    ['p521', 'CN=TSA p521', 'ecdsa-p521'],
    ['leaf-chain', 'CN=TSA leaf', 'ecdsa-p256'],
    ['signer-twice', 'CN=TSA ec', 'ecdsa-p256'],
    ['other-certificate-first', 'CN=TSA ec', 'ecdsa-p256'],
  ])('names the certificate that signed, once, and no other: %s', async (name, subject, algorithm) => {
    const { spec, verifiers, indexKeys } = await type.admit(vectorOf(name).proposal.spec, context);
    const signer = certificatesOf(name).find((der) => new X509Certificate(der).subject.startsWith(subject));
    const fingerprint = createHash('sha256')
      .update(Buffer.from(signer ?? []))
      .digest('hex');
    const certificates = expect.any(Array);
    expect(verifiers).toEqual([{ fingerprint, algorithm, identities: expect.any(Array), certificates }]);
    expect(Buffer.from(verifiers[0]?.certificates?.[0] ?? [])).toEqual(Buffer.from(signer ?? []));
    expect(await type.display?.(spec)).toEqual({ title: 'Timestamp', digest: indexKeys[0] });
  });
});

interface Refused {
  readonly name: string;
  readonly spec: JsonObject;
  readonly upstream: string;
  readonly ours?: string;
  readonly code: string;
}

describe('rfc3161 0.0.1 refuses', () => {
  const base = vectorOf('ec').proposal.spec;
  interface Malformed {
    readonly path: string;
    readonly value?: JsonValue;
    readonly upstream: string;
    readonly ours?: string;
    readonly code: string;
  }
  it.each(readJson('malformed.json') as Malformed[])('$path as $value', async ({ path, value, ...malformed }) => {
    const spec = (path === 'tsr' ? { tsr: value } : { tsr: { content: value } }) as JsonObject;
    expect(await refusal(spec)).toEqual({ code: malformed.code, message: malformed.ours ?? malformed.upstream });
  });

  it.each(readJson('refused.json') as Refused[])('$name', async ({ spec, upstream, ours, code }) => {
    expect(await refusal(spec)).toEqual({ code, message: ours ?? upstream });
  });

  it.each(readJson('departures.json') as Refused[])('$name, which upstream accepts', async ({ spec, ours, code }) => {
    expect(await refusal(spec)).toEqual({ code, message: ours });
  });

  it('a response over the limit, and not one below for its size', async () => {
    const response = responseOf('ec');
    const padded = (length: number) => Buffer.concat([response, Buffer.alloc(length - response.length)]);
    expect(await refusal(withResponse(padded(limits.responseBytes)))).toMatchObject({ code: 'ERR_MALFORMED' });
    expect(await refusal(withResponse(padded(limits.responseBytes + 1)))).toEqual({
      code: 'ERR_TOO_LARGE',
      message: 'tsr exceeds maximum allowed size (10kB)',
    });
  });

  // No chain is verified, so of a certificate only what finds it and its key count.
  it.each(['ec', 'leaf-chain'])('a flip of any byte but in status and certificates: %s', async (name) => {
    const response = responseOf(name);
    const free = certificatesOf(name).map((der) => ({ from: response.indexOf(der), length: der.length }));
    const statusAt = response.indexOf(Buffer.from('0201', 'hex')) + 2;
    for (let at = 0; at < response.length; at++) {
      const flipped = Buffer.from(response);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      const { code } = await refusal(withResponse(flipped));
      if (code === 'none') {
        expect(at === statusAt || free.some(({ from, length }) => at > from && at < from + length)).toBe(true);
      } else expect(pluginErrorCodes).toContain(code);
    }
  }, 60_000);

  it('by code a response changed anyhow', async () => {
    const change = fc.record({
      at: fc.nat(990),
      bytes: fc.uint8Array({ maxLength: 9 }),
      remove: fc.nat(9),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('ec', 'rsa', 'leaf-chain'),
        fc.array(change, { minLength: 1, maxLength: 4 }),
        async (name, changes) => {
          const changed = changes.reduce(
            (file, { at, bytes, remove }) => Buffer.concat([file.subarray(0, at), bytes, file.subarray(at + remove)]),
            responseOf(name),
          );
          expect([...pluginErrorCodes, 'none']).toContain((await refusal(withResponse(changed))).code);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('by code whatever bytes there are', async () => {
    const bytes = fc.uint8Array({ maxLength: 200 }).map((tail) => Buffer.concat([Buffer.from('3081', 'hex'), tail]));
    await fc.assert(
      fc.asyncProperty(fc.oneof(bytes, fc.uint8Array()), async (response) => {
        expect(pluginErrorCodes).toContain((await refusal({ ...base, ...withResponse(response) })).code);
      }),
      { numRuns: 500 },
    );
  });
});

describe('rfc3161 0.0.1 proposes', () => {
  const content = responseOf('ec');
  const digest = sha256(content);

  it('what rekor-cli sends', async () => {
    const spec = await host.propose({ content, digest, publicKeys: [] }, options, context);
    expect(spec).toEqual(vectorOf('ec').proposal.spec);
  });

  it.each([
    ['without the response', { digest, publicKeys: [] }, 'ERR_ENTRY_INVALID'],
    ['with an empty file', { content: Buffer.alloc(0), publicKeys: [] }, 'ERR_ENTRY_INVALID'],
    ['with a signature', { content, signature: content, publicKeys: [] }, 'ERR_ENTRY_INVALID'],
    ['with a key', { content, publicKeys: [content] }, 'ERR_ENTRY_INVALID'],
    ['with another digest', { content, digest: { ...digest, value: content }, publicKeys: [] }, 'ERR_ENTRY_INVALID'],
    ['of what is no response', { content: Buffer.from('hello'), publicKeys: [] }, 'ERR_MALFORMED'],
  ])('nothing %s', async (_, artifact, code) => {
    await expect(host.propose(artifact, options, context)).rejects.toMatchObject({ code });
  });
});
