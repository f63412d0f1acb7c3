import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PluginApi } from '@countersign/plugin-api';
import { testPkiFormat } from '@countersign/plugin-api/testing';
import { createPluginApi } from '@countersign/plugin-host';
import fc from 'fast-check';
import { limits } from './limits.ts';
import minisign from './minisign.format.ts';

const readJson = (name: string) => JSON.parse(readFileSync(new URL(`./vectors/${name}`, import.meta.url), 'utf8'));

/** Made by minisign and signify; canonical as rekor-server stored it. Files are base64. */
const keys: { name: string; file: string; canonical: string; fingerprint: string }[] = readJson('keys.json');
const signatures: { name: string; key: string; file: string; canonical: string }[] = readJson('signatures.json');
const fileOf = (list: { name: string; file: string }[], name: string) =>
  Buffer.from(list.find((vector) => vector.name === name)?.file ?? '', 'base64');

const noPki: PluginApi['pki'] = {
  get(id) {
    throw new Error(`asked for ${id}`);
  },
  ids: () => [],
};
const format = minisign(createPluginApi(noPki));
const message = Buffer.from('an artifact\n');

/**
 * Nothing signs algorithm and key id, and upstream compares neither: 10 bytes, which are 13
 * characters of base64 and a third of one more.
 */
const uncoveredFrom = (start: number) => Array.from({ length: 14 }, (_, at) => start + at);
const base64Line = (file: Buffer) => (file.includes('comment') ? file.indexOf('\n') + 1 : 0);

const foreign = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);

testPkiFormat('minisign', {
  format,
  keys: keys.map(({ name, file, canonical, fingerprint }) => ({
    name,
    bytes: Buffer.from(file, 'base64'),
    canonical: Buffer.from(canonical),
    identities: [],
    members: [{ fingerprint, algorithm: 'ed25519' }],
    uncovered: uncoveredFrom(base64Line(Buffer.from(file, 'base64'))),
  })),
  signatures: signatures.map(({ name, key, file, canonical }) => ({
    name,
    key,
    bytes: Buffer.from(file, 'base64'),
    canonical: Buffer.from(canonical),
    signed: { message },
    uncovered: uncoveredFrom(base64Line(Buffer.from(file, 'base64'))),
  })),
  foreignKey: foreign,
});

describe('minisign', () => {
  const packet = (algorithm: string, payload: Uint8Array, keyId: Uint8Array = Buffer.alloc(8, 1)) =>
    Buffer.concat([Buffer.from(algorithm), keyId, payload]).toString('base64');

  it('signs BLAKE2b-512 of the artifact when the algorithm ends in D, and the artifact otherwise', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const key = await format.parseKey(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32));
    const digest = createHash('blake2b512').update(message).digest();
    for (const [algorithm, over, passes] of [
      ['Ed', message, true],
      ['ED', digest, true],
      ['Ed', digest, false],
      ['ED', message, false],
      ['xD', digest, true],
      ['xx', message, true],
    ] as const) {
      const signature = await format.parseSignature(
        Buffer.from(`c\n${packet(algorithm, sign(null, over, privateKey))}`),
      );
      const verified = format.verify({ signed: { message }, signature, keys: [key] });
      if (passes) expect(await verified).toMatchObject([{ key }]);
      else await expect(verified).rejects.toMatchObject({ code: 'ERR_SIGNATURE_INVALID' });
    }
  });

  it('does not compare key ids', async () => {
    const key = Buffer.from(fileOf(keys, 'base64 alone').toString(), 'base64');
    key.fill(0xee, 2, 10);
    const other = await format.parseKey(Buffer.from(key.toString('base64')));
    const signature = await format.parseSignature(fileOf(signatures, 'minisign legacy'));
    expect(await format.verify({ signed: { message }, signature, keys: [other] })).toMatchObject([{ key: other }]);
  });

  it('refuses to verify a digest', async () => {
    const verification = {
      signed: { digest: createHash('sha256').update(message).digest(), hash: 'sha256' } as const,
      signature: await format.parseSignature(fileOf(signatures, 'minisign legacy')),
      keys: [await format.parseKey(fileOf(keys, 'minisign'))],
    };
    await expect(format.verify(verification)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });

  const keyText = fileOf(keys, 'minisign').toString().trimEnd();
  const keyBase64 = keyText.split('\n')[1] ?? '';
  it.each([
    ['a comment alone', 'untrusted comment: x\n'],
    ['an indented key', `c\n ${keyBase64}`],
    ['a key cut off', keyText.slice(0, -4)],
    ['a key without padding', `c\n${packet('Ed', Buffer.alloc(33, 9)).slice(0, -2)}`],
    ['a longer key', `c\n${packet('Ed', Buffer.alloc(33, 9))}`],
    ['text after the key', `${keyText}\nmore`],
    ['two comments', `c\n${keyText}`],
    ['base64 of the URL alphabet', `c\n${'-_'.repeat(28)}`],
    ['31 bytes', 'a'.repeat(31)],
    ['33 bytes', 'a'.repeat(33)],
    ['a point off the curve', Buffer.concat([Buffer.of(2), Buffer.alloc(31)]).toString('latin1')],
  ])('refuses as a key %s', async (_, file) => {
    await expect(format.parseKey(Buffer.from(file, 'latin1'))).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
  });

  const [first, base64 = '', trusted, global = ''] = fileOf(signatures, 'minisign legacy').toString().split('\n');
  it.each([
    ['base64 without a comment', base64],
    ['base64 without a comment and a line end', `${base64}\n`],
    ['a line before the comment', `\n${first}\n${base64}\n`],
    ['three lines', `${first}\n${base64}\n${trusted}\n`],
    ['a short second signature', `${first}\n${base64}\n${trusted}\n${global.slice(4)}\n`],
    ['a fifth line', `${first}\n${base64}\n${trusted}\n${global}\nmore`],
    ['a signature cut off', `${first}\n${base64.slice(4)}\n`],
    ['a longer signature', `${first}\n${packet('Ed', Buffer.alloc(65))}\n`],
    ['stray bits in base64', `${first}\n${base64.slice(0, -2)}${base64.at(-2) === 'B' ? 'C' : 'B'}=\n`],
    ['spaces', `${first}\n ${base64}\n`],
    ['line ends', '\n'.repeat(limits.signatureBytes)],
  ])('refuses as a signature %s', async (_, file) => {
    await expect(format.parseSignature(Buffer.from(file))).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
  });

  it('takes key files up to the limit', async () => {
    const file = (size: number) => Buffer.from(`${'c'.repeat(size - keyBase64.length - 1)}\n${keyBase64}`);
    expect((await format.parseKey(file(limits.keyBytes))).members[0].fingerprint).toBe(keys[0]?.fingerprint);
    await expect(format.parseKey(file(limits.keyBytes + 1))).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });

  it('takes signature files up to the limit', async () => {
    const file = (size: number) => Buffer.from(`${'c'.repeat(size - base64.length - 1)}\n${base64}`);
    await format.parseSignature(file(limits.signatureBytes));
    await expect(format.parseSignature(file(limits.signatureBytes + 1))).rejects.toMatchObject({
      code: 'ERR_TOO_LARGE',
    });
  });

  it('keeps algorithm, key id and payload, whatever they are', async () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    await fc.assert(
      fc.asyncProperty(fc.string({ maxLength: 20 }), bytes(74), async (comment, data) => {
        const encoded = Buffer.from(data).toString('base64');
        const file = Buffer.from(`${comment.replaceAll('\n', '')}\n${encoded}\n`);
        const { canonical } = await format.parseSignature(file);
        expect(Buffer.from(canonical).toString()).toBe(`untrusted comment:\n${encoded}`);
      }),
    );
  });

  it('refuses by code whatever else it is given', async () => {
    const base64Text = fc.uint8Array({ maxLength: 90 }).map((bytes) => Buffer.from(bytes).toString('base64'));
    const files = fc.array(fc.oneof(base64Text, fc.string({ unit: 'binary' })), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(files, async (lines) => {
        for (const parse of [format.parseKey, format.parseSignature]) {
          const refused = { code: expect.stringMatching(/^ERR_MALFORMED$/) };
          await parse(Buffer.from(lines.join('\n'))).catch((error) => expect(error).toMatchObject(refused));
        }
      }),
      { numRuns: 500 },
    );
  });
});
