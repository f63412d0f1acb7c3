import { pluginErrorCodes } from '@countersign/plugin-api';
import { type EntryVector, testEntryType } from '@countersign/plugin-api/testing';
import { type ChangedPart, type RefusedVector, verdictOf, withPart } from '@countersign/plugin-host/testing';
import fc from 'fast-check';
import { codeOf, entry } from './support.fixture.ts';

const { accepted, api, context, host, readJson, refusal, type, validate, vectorOf, written } = entry;
const bytes = (text: string) => Buffer.from(text, 'base64');
const sha256 = (content: Uint8Array) => ({ algorithm: 'sha256', value: api.crypto.hash('sha256', content) }) as const;
const base = vectorOf('openssl-line-feeds').proposal.spec;
const content = bytes(base.archive.content);

function vector(name: string): EntryVector {
  const { proposal, body, indexKeys } = vectorOf(name);
  const canonical = JSON.parse(body).spec;
  const archive = bytes(proposal.spec.archive.content);
  return {
    name,
    spec: proposal.spec,
    canonical,
    indexKeys,
    covered: { 'archive.hash.value': 'hex' },
    claims: {
      signature: bytes(canonical.signature.content),
      verifier: api.encoding.decodePem(bytes(canonical.signature.publicKey.content))[0]?.der ?? Buffer.alloc(0),
      digest: sha256(archive),
    },
    artifact: { artifact: { content: archive, publicKeys: [] }, options: { pkiFormat: 'x509' } },
  };
}

testEntryType('jar 0.0.1, as upstream admits it', {
  type,
  validate,
  vectors: ['jarsigner-rsa2048-sha256', 'jarsigner-p384-sha384', 'openssl-line-feeds'].map(vector),
  foreign: {
    'archive.hash': { algorithm: 'sha256', value: '00'.repeat(32) },
    'archive.content': vectorOf('jarsigner-p521-sha512').proposal.spec.archive.content,
  },
  storesAll: false,
});

describe('jar 0.0.1', () => {
  it.each([...accepted])('writes the body that upstream stored: %s', async (_, { proposal, body, indexKeys }) => {
    expect(await written(proposal.spec)).toMatchObject({ body, indexKeys });
  });

  it('takes no heed of a signature that came with the proposal', async () => {
    const signature = { content: 'YQ==', publicKey: { content: 'YQ==' } };
    expect((await type.admit({ ...base, signature }, context)).spec).toEqual((await type.admit(base, context)).spec);
  });

  it('takes base64 in lines', async () => {
    const lines = base.archive.content.replaceAll(/.{76}/g, '$&\r\n');
    expect((await type.admit({ archive: { content: lines } }, context)).spec).toEqual(
      (await type.admit(base, context)).spec,
    );
  });

  it('names who signed, where the first certificate is another', async () => {
    const { spec, verifiers } = await type.admit(vectorOf('jarsigner-chain').proposal.spec, context);
    const { signature } = spec as unknown as { signature: { publicKey: { content: string } } };
    const [first] = api.encoding.decodePem(bytes(signature.publicKey.content));
    expect(verifiers).toHaveLength(1);
    expect(verifiers[0]?.fingerprint).not.toBe(Buffer.from(sha256(first?.der ?? content).value).toString('hex'));
  });
});

describe('jar 0.0.1 refuses', () => {
  const whole = { ...base, signature: { content: 'YQ==', publicKey: { content: 'YQ==' } } };
  it.each(readJson('malformed.json') as ChangedPart[])('$path as $value', async (malformed) => {
    expect(await refusal(withPart(whole, malformed))).toEqual(verdictOf(malformed));
  });

  it.each(
    readJson('refused.json') as (RefusedVector & { name: string; content: string })[],
  )('as upstream does: $name', async ({ content, ...refused }) =>
    expect(await refusal({ archive: { content } })).toEqual(verdictOf(refused)));

  it.each(
    readJson('departures.json') as { name: string; message: string; code: string; content: string }[],
  )('what upstream takes: $name', async ({ content, message, code }) =>
    expect(await refusal({ archive: { content } })).toEqual({ code, message }));

  /**
   * Where an archive has what no signature covers and no reader goes by: versions, times, attributes, extra fields;
   * sizes in a header that may be left out there; the bits left over in the last byte of what is deflated.
   */
  function* uncovered(zip: Buffer): Generator<number> {
    const end = zip.length - 22;
    const range = (from: number, length: number) => Array.from({ length }, (_, at) => from + at);
    for (let at = zip.readUInt32LE(end + 16); at < end; ) {
      const name = zip.readUInt16LE(at + 28);
      const rest = zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
      const local = zip.readUInt32LE(at + 42);
      const localName = zip.readUInt16LE(local + 26);
      const localExtra = zip.readUInt16LE(local + 28);
      if ((zip.readUInt16LE(at + 8) & 8) !== 0) yield* range(local + 18, 8);
      if (zip.readUInt16LE(at + 10) === 8) yield local + 29 + localName + localExtra + zip.readUInt32LE(at + 20);
      yield* [...range(local + 4, 2), ...range(local + 10, 4)];
      yield* range(local + 30 + localName, localExtra);
      yield* [...range(at + 4, 4), ...range(at + 12, 4), ...range(at + 36, 6), ...range(at + 46 + name, rest)];
      at += 46 + name + rest;
    }
  }

  it.each([
    'jarsigner-p256-sha256',
    'jarsigner-of-another-zip',
    'openssl-line-feeds',
  ])('a flip of what is covered: %s', async (name) => {
    const zip = bytes(vectorOf(name).proposal.spec.archive.content);
    const allowed = new Set(uncovered(zip));
    for (let position = 0; position < zip.length; position++) {
      const flipped = Buffer.from(zip);
      flipped[position] = (flipped[position] ?? 0) ^ (1 << (position % 8));
      if ((await codeOf(flipped)) === 'none') expect(allowed).toContain(position);
    }
  });

  it('a cut anywhere', async () => {
    for (let length = 0; length < content.length; length++) {
      expect(await codeOf(content.subarray(0, length))).not.toBe('none');
    }
  });

  it('by code whatever it is given', async () => {
    const codes = [...pluginErrorCodes, 'none'];
    const splice = fc.record({
      at: fc.nat(content.length),
      remove: fc.nat(40),
      insert: fc.oneof(
        fc.uint8Array({ maxLength: 40 }),
        fc.constantFrom(...[0, 0xff].map((one) => Buffer.alloc(4, one))),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(splice, { minLength: 1, maxLength: 4 }), async (splices) => {
        const mutated = splices.reduce(
          (zip, { at, remove, insert }) => Buffer.concat([zip.subarray(0, at), insert, zip.subarray(at + remove)]),
          content,
        );
        expect(codes).toContain(await codeOf(mutated));
      }),
      { numRuns: 1000 },
    );
    await fc.assert(
      fc.asyncProperty(fc.base64String(), async (content) => {
        expect(pluginErrorCodes).toContain((await refusal({ archive: { content } })).code);
      }),
    );
  });
});

describe('jar 0.0.1 proposes', () => {
  const options = { pkiFormat: 'x509' };

  it('content and digest, as the client sends them', async () => {
    expect(await host.propose({ content, digest: sha256(content), publicKeys: [] }, options, context)).toEqual(base);
  });

  it.each([
    ['without the archive', { digest: sha256(content), publicKeys: [] }, 'ERR_ENTRY_INVALID'],
    ['with an empty archive', { content: Buffer.alloc(0), publicKeys: [] }, 'ERR_ENTRY_INVALID'],
    ['with a signature beside it', { content, signature: content, publicKeys: [] }, 'ERR_ENTRY_INVALID'],
    ['with a key beside it', { content, publicKeys: [content] }, 'ERR_ENTRY_INVALID'],
    ['with another digest', { content, digest: sha256(Buffer.from('x')), publicKeys: [] }, 'ERR_ENTRY_INVALID'],
    ['of what is no JAR', { content: Buffer.from('x'), publicKeys: [] }, 'ERR_MALFORMED'],
  ])('nothing %s', async (_, artifact, code) => {
    await expect(host.propose(artifact, options, context)).rejects.toMatchObject({ code });
  });
});
