import { pluginErrorCodes } from '@countersign/plugin-api';
import { type EntryVector, testEntryType } from '@countersign/plugin-api/testing';
import { type ChangedPart, type RefusedVector, verdictOf, withPart } from '@countersign/plugin-host/testing';
import fc from 'fast-check';
import { codeOf, entry, makeApk, publicKeyPem } from './support.fixture.ts';

const { accepted, api, context, host, readJson, refusal, specOf, type, validate, vectorOf, written } = entry;
const bytes = (text: string) => Buffer.from(text, 'base64');
const sha256 = (content: Uint8Array) => ({ algorithm: 'sha256', value: api.crypto.hash('sha256', content) }) as const;
const base = specOf('rsa2048');
const content = bytes(base.package.content);
const key = bytes(base.publicKey.content);

function vector(name: string): EntryVector {
  const { proposal, body, indexKeys } = vectorOf(name);
  const { package: file, publicKey } = proposal.spec;
  return {
    name,
    spec: proposal.spec,
    canonical: JSON.parse(body).spec,
    indexKeys,
    covered: { 'package.hash.value': 'hex' },
    artifact: {
      artifact: { content: bytes(file.content), publicKeys: [bytes(publicKey.content)] },
      options: { pkiFormat: 'x509' },
    },
  };
}

testEntryType('alpine 0.0.1, as upstream admits it', {
  type,
  validate,
  vectors: ['rsa2048', 'certificate', 'all-fields'].map(vector),
  foreign: {
    'package.hash': { algorithm: 'sha256', value: '00'.repeat(32) },
    'package.content': specOf('rsa3072').package.content,
    'publicKey.content': specOf('rsa3072').publicKey.content,
  },
  storesAll: false,
  binds: false,
});

describe('alpine 0.0.1', () => {
  it.each([...accepted])('writes the body that upstream stored: %s', async (_, { proposal, body, indexKeys }) => {
    expect(await written(proposal.spec)).toMatchObject({ body, indexKeys, verifiers: [{}] });
  });

  it('takes no heed of a .PKGINFO that came with the proposal', async () => {
    const lie = { ...base, package: { ...base.package, pkginfo: { pkgname: 'another' } } };
    expect((await type.admit(lie, context)).spec).toEqual((await type.admit(base, context)).spec);
  });

  it('says what it is, by whom', async () => {
    const { spec, indexKeys } = await type.admit(specOf('certificate'), context);
    const shown = { title: 'hello 1.0-r0', subject: 'apk.example.com', digest: indexKeys.at(-1) };
    expect(await type.display?.(spec)).toEqual(shown);
    const titleOf = (pkginfo: Readonly<Record<string, string | number>>) =>
      type.display?.({ ...spec, package: { ...(spec.package as object), pkginfo } });
    expect(await titleOf({})).toMatchObject({ title: 'Alpine package' });
    expect(await titleOf({ pkgname: 1, pkgver: '2' })).toMatchObject({ title: '2' });
  });
});

describe('alpine 0.0.1 refuses', () => {
  const whole = { ...base, package: { ...base.package, pkginfo: { pkgname: 'x' } } };
  const malformed: ChangedPart[] = readJson('malformed.json');
  it.each(malformed)('$path as $value', async (malformed) => {
    expect(await refusal(withPart(whole, malformed))).toEqual(verdictOf(malformed));
  });

  const refused: (RefusedVector & { name: string; content: string; key: string })[] = readJson('refused.json');
  it.each(refused)('as upstream does: $name', async ({ content, key, ...one }) => {
    expect(await refusal({ package: { content }, publicKey: { content: key } })).toEqual(verdictOf(one));
  });

  const departures: { name: string; message: string; code: string; content: string; key: string }[] =
    readJson('departures.json');
  it.each(departures)('what upstream takes: $name', async ({ content, key, message, code }) => {
    expect(await refusal({ package: { content }, publicKey: { content: key } })).toEqual({ code, message });
  });

  it.each(['rsa2048', 'pem-signature'])('a flip of what is covered: %s', async (name) => {
    const file = bytes(specOf(name).package.content);
    const second = file.indexOf(Buffer.from('1f8b08', 'hex'), 10);
    for (let position = 0; position < file.length; position++) {
      const flipped = Buffer.from(file);
      flipped[position] = (flipped[position] ?? 0) ^ (1 << (position % 8));
      if ((await codeOf(flipped, key.toString())) !== 'none') continue;
      // The first gzip member's time, level and system, and its data, where they uncompress to the same.
      expect(position).toBeGreaterThanOrEqual(4);
      expect(position).toBeLessThan(second - 8);
    }
  });

  it('a cut anywhere', async () => {
    for (let length = 0; length < content.length; length++) {
      expect(await codeOf(content.subarray(0, length), key.toString())).not.toBe('none');
    }
  });

  it('by code whatever it is given', async () => {
    const codes = [...pluginErrorCodes, 'none'];
    const good = makeApk();
    const splice = fc.record({ at: fc.nat(good.length), remove: fc.nat(40), insert: fc.uint8Array({ maxLength: 40 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(splice, { minLength: 1, maxLength: 4 }), async (splices) => {
        const mutated = splices.reduce(
          (file, { at, remove, insert }) => Buffer.concat([file.subarray(0, at), insert, file.subarray(at + remove)]),
          good,
        );
        expect(codes).toContain(await codeOf(mutated));
      }),
      { numRuns: 1000 },
    );
    await fc.assert(
      fc.asyncProperty(fc.base64String(), fc.base64String(), async (content, key) => {
        expect(pluginErrorCodes).toContain((await refusal({ package: { content }, publicKey: { content: key } })).code);
      }),
    );
  });

  it('by code whatever control archive is signed', async () => {
    const codes = [...pluginErrorCodes, 'none'];
    const member = fc.record({
      name: fc.oneof(fc.constant('.PKGINFO'), fc.string({ maxLength: 20 })),
      kind: fc.constantFrom('0', '0', 'x', 'g', '2', 'L'),
      content: fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'=:"#\\ \n1a') })),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(member, { maxLength: 4 }), async (control) => {
        expect(codes).toContain(await codeOf(makeApk({ control })));
      }),
      { numRuns: 300 },
    );
  });
});

describe('alpine 0.0.1 proposes', () => {
  const options = { pkiFormat: 'x509' };

  it('content, digest and key, as the client sends them', async () => {
    const artifact = { content, digest: sha256(content), publicKeys: [key] };
    expect(await host.propose(artifact, options, context)).toEqual(base);
  });

  it.each([
    ['without the package', { digest: sha256(content), publicKeys: [key] }, 'ERR_ENTRY_INVALID'],
    ['with an empty package', { content: Buffer.alloc(0), publicKeys: [key] }, 'ERR_ENTRY_INVALID'],
    ['with a signature beside it', { content, signature: content, publicKeys: [key] }, 'ERR_ENTRY_INVALID'],
    ['without a key', { content, publicKeys: [] }, 'ERR_ENTRY_INVALID'],
    ['with two keys', { content, publicKeys: [key, key] }, 'ERR_ENTRY_INVALID'],
    ['with another digest', { content, digest: sha256(key), publicKeys: [key] }, 'ERR_ENTRY_INVALID'],
    ['with another key', { content, publicKeys: [Buffer.from(publicKeyPem)] }, 'ERR_SIGNATURE_INVALID'],
    ['of what is no package', { content: key, publicKeys: [key] }, 'ERR_MALFORMED'],
  ])('nothing %s', async (_, artifact, code) => {
    await expect(host.propose(artifact, options, context)).rejects.toMatchObject({ code });
  });
});
