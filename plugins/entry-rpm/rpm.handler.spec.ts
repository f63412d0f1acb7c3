import { readdirSync, readFileSync } from 'node:fs';
import { type JsonObject, type JsonValue, type PkiFormat, pluginErrorCodes } from '@countersign/plugin-api';
import { type EntryVector, testEntryType } from '@countersign/plugin-api/testing';
import { createPluginApi } from '@countersign/plugin-host';
import { compileSchema } from '@countersign/schema';
import fc from 'fast-check';
import pgp from '../pki-pgp/pgp.format.ts';
import rpm from './rpm.handler.ts';

const vectors = new URL('./vectors/', import.meta.url);
const readJson = (name: string) => JSON.parse(readFileSync(new URL(name, vectors), 'utf8'));

/** What upstream's server answered: the proposal as rekor-cli sends it, the body as it was stored. */
interface Accepted {
  readonly proposal: { readonly spec: Spec };
  readonly body: string;
  readonly indexKeys: readonly string[];
}

interface Spec extends JsonObject {
  readonly package: { readonly content: string; readonly hash: { readonly value: string } };
  readonly publicKey: { readonly content: string };
}

const formats: { pgp?: PkiFormat } = {};
const api = createPluginApi({
  get(id) {
    if (id !== 'pgp' || formats.pgp === undefined) throw new Error(`asked for ${id}`);
    return formats.pgp;
  },
  ids: () => ['pgp'],
});
formats.pgp = pgp(api);
const type = rpm(api);
const context = { now: new Date(0) };
const validate = compileSchema(readJson('../rpm.v0.0.1.schema.json'));

const accepted = new Map<string, Accepted>(
  readdirSync(new URL('accepted', vectors)).map((name) => [name.replace('.json', ''), readJson(`accepted/${name}`)]),
);
const vectorOf = (name: string) => accepted.get(name) as Accepted;
const specOf = (name: string) => vectorOf(name).proposal.spec;
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

interface Refused {
  readonly name: string;
  readonly content: string;
  readonly key?: string;
  readonly upstream: string;
  readonly ours?: string;
  readonly code: string;
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

/** What the host does with a spec, up to the message. */
async function refusal(spec: JsonObject): Promise<{ code: string; message: string }> {
  const issue = validate(spec);
  if (issue !== undefined) return { code: 'ERR_SCHEMA', message: `validation failure list:\n${issue.message}` };
  return type.admit(spec, context).then(
    () => ({ code: 'none', message: 'not refused' }),
    ({ code, message }) => ({ code, message }),
  );
}

describe('rpm 0.0.1', () => {
  it.each([...accepted])('writes the body that upstream stored: %s', async (_, { proposal, body, indexKeys }) => {
    const { spec, ...entry } = await type.admit(proposal.spec, context);
    const written = api.encoding.canonicalJson({ apiVersion: '0.0.1', kind: 'rpm', spec });
    expect(Buffer.from(written).toString()).toBe(body);
    expect(entry.indexKeys).toEqual(indexKeys);
  });

  it('names the key that signed, once, and what the package is called', async () => {
    const { verifiers, display } = await type.admit(specOf('ed-v3-big-epoch'), context);
    expect(verifiers).toEqual([
      {
        fingerprint: expect.stringMatching(/^[0-9a-f]{40}$/),
        algorithm: 'ed25519',
        identities: [expect.stringContaining('@')],
      },
    ]);
    expect(display).toEqual({
      title: 'RPM package big-4294967295:1.2-3.noarch',
      subject: 'ed@example.com',
      digest: `sha256:${specOf('ed-v3-big-epoch').package.hash.value}`,
    });
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

  // Upstream answers 500 to some of these: a fault of the client's is none of ours.
  it.each(readJson('refused.json') as Refused[])('$name', async ({ content, key, upstream, ours, code }) => {
    expect(await refusal(withPackage(bytes(content), key))).toEqual({ code, message: ours ?? upstream });
  });

  it.each(departures)('$name, which upstream accepts', async (departure) => {
    const { content, key, ours, code } = departure;
    expect(await refusal(withPackage(bytes(content), key))).toEqual({ code, message: ours });
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
    expect(await type.propose({ content, digest, publicKeys }, options, context)).toEqual(base);
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
    await expect(type.propose(artifact, options, context)).rejects.toMatchObject({ code });
  });
});
