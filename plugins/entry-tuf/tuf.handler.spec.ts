import { readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { type JsonObject, type JsonValue, type PkiFormat, pluginErrorCodes } from '@countersign/plugin-api';
import { type EntryVector, testEntryType } from '@countersign/plugin-api/testing';
import { createPluginApi } from '@countersign/plugin-host';
import { hosted } from '@countersign/plugin-host/testing';
import { compileSchema } from '@countersign/schema';
import fc from 'fast-check';
import pkiTuf from '../pki-tuf/tuf.format.ts';
import tuf from './tuf.handler.ts';

const vectors = new URL('./vectors/', import.meta.url);
const readJson = (name: string) => JSON.parse(readFileSync(new URL(name, vectors), 'utf8'));

/** What upstream's server answered: the proposal as it was sent, the body as it was stored. */
interface Accepted {
  readonly proposal: { readonly spec: Spec };
  readonly body: string;
  readonly indexKeys: readonly string[];
}

interface Spec extends JsonObject {
  readonly metadata: { readonly content: JsonObject | string };
  readonly root: { readonly content: JsonObject | string };
}

const formats: { tuf?: PkiFormat } = {};
const api = createPluginApi({
  get(id) {
    if (id !== 'tuf' || formats.tuf === undefined) throw new Error(`asked for ${id}`);
    return formats.tuf;
  },
  ids: () => ['tuf'],
});
formats.tuf = pkiTuf(api);
const type = tuf(api);
const host = hosted(new URL('.', import.meta.url), 'tuf', type);
const context = { now: new Date('2026-11-21T00:00:00Z') };
const validate = compileSchema(readJson('../tuf.v0.0.1.schema.json'));

const accepted = new Map<string, Accepted>(
  readdirSync(new URL('accepted', vectors)).map((name) => [name.replace('.json', ''), readJson(`accepted/${name}`)]),
);
const vectorOf = (name: string) => accepted.get(name) as Accepted;
const canonicalOf = (name: string) => JSON.parse(vectorOf(name).body).spec;
const bytes = (text: string, encoding: BufferEncoding = 'base64') => Buffer.from(text, encoding);
const fileOf = (content: JsonObject | string) =>
  typeof content === 'string' ? bytes(content) : Buffer.from(JSON.stringify(content, undefined, 2));
const base = vectorOf('ed25519-targets').proposal.spec;
const options = { pkiFormat: 'tuf' };

function vector(name: string): EntryVector {
  const { proposal, indexKeys } = vectorOf(name);
  const { metadata, root } = proposal.spec;
  const canonical = canonicalOf(name);
  return {
    name,
    spec: proposal.spec,
    canonical,
    indexKeys,
    covered: name.startsWith('base64') ? { 'metadata.content': 'base64', 'root.content': 'base64' } : {},
    claims: {
      signature: bytes(canonical.metadata.content),
      verifier: bytes(canonical.root.content),
      digest: { algorithm: 'sha256', value: bytes(indexKeys[0] ?? '', 'hex') },
    },
    artifact: { artifact: { content: fileOf(metadata.content), publicKeys: [fileOf(root.content)] }, options },
  };
}

testEntryType('tuf 0.0.1, as upstream admits it', {
  type,
  validate,
  vectors: ['base64', 'base64-two', 'mixed', 'text', 'rsa-snapshot'].map(vector),
  foreign: {
    'root.content': canonicalOf('ecdsa-hex').root.content,
    'metadata.content': readJson('refused.json').find(({ name }: Refused) => name === 'metadata by a stranger').spec
      .metadata.content,
  },
  now: context.now,
});

/** What the host does with a spec, up to the message. */
async function refusal(spec: JsonObject, now = context.now): Promise<{ code: string; message: string }> {
  const issue = validate(spec);
  if (issue !== undefined) return { code: 'ERR_SCHEMA', message: `validation failure list:\n${issue.message}` };
  return type.admit(spec, { now }).then(
    () => ({ code: 'none', message: 'not refused' }),
    ({ code, message }) => ({ code, message }),
  );
}

describe('tuf 0.0.1', () => {
  it.each([...accepted])('writes the body that upstream stored: %s', async (_, { proposal, body, indexKeys }) => {
    const { spec, ...entry } = await type.admit(proposal.spec, context);
    const written = api.encoding.canonicalJson({ apiVersion: '0.0.1', kind: 'tuf', spec });
    expect(Buffer.from(written).toString()).toBe(body);
    expect(entry.indexKeys).toEqual(indexKeys);
  });

  it('names the keys that signed, each once, and the metadata', async () => {
    const { spec, verifiers, indexKeys } = await type.admit(vectorOf('two-of-three').proposal.spec, context);
    const fingerprint = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(verifiers).toEqual([
      { fingerprint, algorithm: 'ecdsa-p256', identities: [] },
      { fingerprint, algorithm: 'ed25519', identities: [] },
    ]);
    expect(await type.display?.(spec)).toEqual({ title: 'TUF targets 12', digest: `sha256:${indexKeys[0]}` });
  });

  it.each(['metadata', 'root'] as const)('knows the expiry of the %s by the time of the host', async (part) => {
    const { spec } = readJson('refused.json').find(({ name }: Refused) => name.startsWith(`expired ${part}`));
    const end = Date.parse('2020-01-01T00:00:00Z');
    const before = { now: new Date(end - 1) };
    const { spec: stored } = await type.admit(spec, before);
    expect((await type.admit(stored, before)).spec).toEqual(stored);
    for (const again of [spec, stored]) {
      expect(await refusal(again, new Date(end))).toMatchObject({
        code: 'ERR_SIGNATURE_INVALID',
        message: expect.stringContaining('expired'),
      });
    }
  });

  it('takes numbers and members in ways that upstream does not, and stores them in one', async () => {
    const { metadata, root } = canonicalOf('base64');
    const text = bytes(metadata.content).toString().replace('"version":6', '"version":7,"version":6.0');
    expect(text).toContain('6.0');
    const spec = { metadata: { content: Buffer.from(text).toString('base64') }, root };
    expect((await type.admit(spec, context)).spec).toEqual(canonicalOf('base64'));
  });

  it('ignores what a proposal says of the specification', async () => {
    const { spec } = await type.admit({ ...base, spec_version: '9' }, context);
    expect(spec).toEqual(canonicalOf('ed25519-targets'));
  });
});

interface Refused {
  readonly name: string;
  readonly spec: JsonObject;
  readonly upstream: string;
  readonly ours?: string;
  readonly code: string;
}

describe('tuf 0.0.1 refuses', () => {
  interface Malformed {
    readonly path: string;
    readonly value?: JsonValue;
    readonly upstream: string;
    readonly ours?: string;
    readonly code: string;
  }
  it.each(readJson('malformed.json') as Malformed[])('$path as $value', async (malformed) => {
    const spec = structuredClone(base);
    const names = malformed.path.split('.');
    const parent = names
      .slice(0, -1)
      .reduce<Record<string, unknown>>((json, name) => json[name] as never, spec as never);
    parent[names.at(-1) ?? ''] = malformed.value;
    expect(await refusal(spec)).toEqual({ code: malformed.code, message: malformed.ours ?? malformed.upstream });
  });

  it.each(readJson('refused.json') as Refused[])('$name', async ({ spec, upstream, ours, code }) => {
    expect(await refusal(spec)).toEqual({ code, message: ours ?? upstream });
  });

  it.each(readJson('departures.json') as Refused[])('$name, which upstream accepts', async ({ spec, ours, code }) => {
    expect(await refusal(spec)).toEqual({ code, message: ours });
  });

  it('what nests too deep', async () => {
    const content = { ...(base.metadata.content as JsonObject), x: JSON.parse(`${'['.repeat(70)}${']'.repeat(70)}`) };
    expect(await refusal({ ...base, metadata: { content } })).toMatchObject({ code: 'ERR_MALFORMED' });
  });

  it('by code a file changed anyhow, or it is the same entry', async () => {
    const canonical = canonicalOf('base64');
    const change = fc.record({ at: fc.nat(900), text: fc.string({ unit: 'binary', maxLength: 9 }), remove: fc.nat(9) });
    const part = fc.constantFrom('metadata', 'root');
    await fc.assert(
      fc.asyncProperty(part, fc.array(change, { minLength: 1, maxLength: 4 }), async (name, changes) => {
        const changed = changes.reduce(
          (file, { at, text, remove }) =>
            Buffer.concat([file.subarray(0, at), Buffer.from(text), file.subarray(at + remove)]),
          bytes(canonical[name].content),
        );
        const spec = { ...canonical, [name]: { content: changed.toString('base64') } };
        const entry = await type.admit(spec, context).catch(({ code }) => expect(pluginErrorCodes).toContain(code));
        expect(entry === undefined || isDeepStrictEqual(entry.spec, canonical)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('by code whatever fits the schema', async () => {
    const { signed, signatures } = base.metadata.content as JsonObject;
    const content = fc.oneof(
      fc.base64String(),
      fc.dictionary(fc.constantFrom('signed', 'signatures', '__proto__'), fc.jsonValue()),
      fc.record({ signed: fc.constant(signed), signatures: fc.array(fc.constantFrom(null, 1, signatures)) }),
    );
    await fc.assert(
      fc.asyncProperty(content, fc.oneof(content, fc.constant(base.root.content)), async (metadata, root) => {
        const spec = { metadata: { content: metadata }, root: { content: root } } as JsonObject;
        expect(pluginErrorCodes).toContain((await refusal(spec)).code);
      }),
      { numRuns: 500 },
    );
  });
});

describe('tuf 0.0.1 proposes', () => {
  const content = fileOf(base.metadata.content);
  const publicKeys = [fileOf(base.root.content)];
  const digest = { algorithm: 'sha256', value: api.crypto.hash('sha256', content) } as const;

  it('what rekor-cli sends: files as JSON in place, without what TUF does not name', async () => {
    const spec = await host.propose({ content, digest, publicKeys }, { pkiFormat: 'x509' }, context);
    expect(spec).toEqual(base);
    const { metadata, root } = vectorOf('members-beside').proposal.spec;
    const beside = { content: fileOf(metadata.content), publicKeys: [fileOf(root.content)] };
    expect((await host.propose(beside, options, context)).root).toEqual({
      content: { signed: expect.anything(), signatures: expect.anything() },
    });
  });

  const other = fileOf(vectorOf('ecdsa-hex').proposal.spec.root.content);
  it.each([
    ['without the metadata', { digest, publicKeys }, 'ERR_ENTRY_INVALID'],
    ['with an empty file', { content: bytes(''), publicKeys }, 'ERR_ENTRY_INVALID'],
    ['with a signature', { content, signature: content, publicKeys }, 'ERR_ENTRY_INVALID'],
    ['without a root', { content, publicKeys: [] }, 'ERR_ENTRY_INVALID'],
    ['with two roots', { content, publicKeys: [...publicKeys, ...publicKeys] }, 'ERR_ENTRY_INVALID'],
    ['with another digest', { content, digest: { ...digest, value: content }, publicKeys }, 'ERR_ENTRY_INVALID'],
    ['of what is no JSON', { content: bytes('hello', 'utf8'), publicKeys }, 'ERR_MALFORMED'],
    ['of what another root signs', { content, publicKeys: [other] }, 'ERR_SIGNATURE_INVALID'],
  ])('nothing %s', async (_, artifact, code) => {
    await expect(host.propose(artifact, options, context)).rejects.toMatchObject({ code });
  });

  it('nothing that has expired', async () => {
    const late = { now: new Date('2099-01-01T00:00:00Z') };
    await expect(host.propose({ content, publicKeys }, options, late)).rejects.toMatchObject({
      code: 'ERR_SIGNATURE_INVALID',
    });
  });
});
