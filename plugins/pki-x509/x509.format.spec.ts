import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PluginApi } from '@countersign/plugin-api';
import { testPkiFormat } from '@countersign/plugin-api/testing';
import { createPluginApi } from '@countersign/plugin-host';
import fc from 'fast-check';
import { limits } from './limits.ts';
import x509 from './x509.format.ts';

const readJson = (name: string) => JSON.parse(readFileSync(new URL(`./vectors/${name}`, import.meta.url), 'utf8'));

/** Made and described by openssl. */
interface Key {
  readonly name: string;
  readonly file: string;
  readonly canonical?: string;
  readonly identities: readonly string[];
  readonly fingerprint: string;
  readonly algorithm: string;
}
const keys: Key[] = readJson('keys.json');
const signatures: { name: string; key: string; hash: 'sha256'; digest: string; signature: string }[] =
  readJson('signatures.json');
const fileOf = (name: string) => Buffer.from(keys.find((key) => key.name === name)?.file ?? '');

const noPki: PluginApi['pki'] = {
  get(id) {
    throw new Error(`asked for ${id}`);
  },
  ids: () => [],
};
const format = x509(createPluginApi(noPki));

/**
 * Positions in a file of PEM of what its last certificate says beside its key: it is the anchor of its chain, or
 * stands alone, and either way is verified by nothing.
 */
function uncoveredIn(file: string): number[] {
  const begin = file.lastIndexOf('-----BEGIN CERTIFICATE-----');
  if (begin === -1) return [];
  const end = file.indexOf('-----END', begin);
  const characters = Array.from({ length: end - begin }, (_, at) => begin + at).slice(
    '-----BEGIN CERTIFICATE-----'.length,
  );
  const body = characters.filter((at) => !'\r\n'.includes(file.charAt(at)));
  const { raw, publicKey } = new X509Certificate(file.slice(begin));
  const key = publicKey.export({ type: 'spki', format: 'der' });
  const start = raw.indexOf(key);
  const isKey = (byte: number) => byte >= start && byte < start + key.length;
  // A character is six bits.
  return body.filter((_, index) => ![(index * 6) >> 3, (index * 6 + 5) >> 3].every(isKey));
}

testPkiFormat('x509', {
  format,
  keys: keys.map(({ name, file, canonical = file, identities, fingerprint, algorithm }) => ({
    name,
    bytes: Buffer.from(file),
    canonical: Buffer.from(canonical),
    identities,
    members: [{ fingerprint, algorithm }],
    uncovered: uncoveredIn(file),
  })),
  signatures: signatures.map(({ name, key, hash, digest, signature }) => ({
    name,
    key,
    bytes: Buffer.from(signature, 'base64'),
    canonical: Buffer.from(signature, 'base64'),
    signed: { digest: Buffer.from(digest, 'hex'), hash },
  })),
  foreignKey: fileOf('foreign'),
});

describe('x509', () => {
  const [{ digest = '', signature = '' } = {}] = signatures;
  const signed = { digest: Buffer.from(digest, 'hex'), hash: 'sha256' } as const;
  const parse = () => format.parseSignature(Buffer.from(signature, 'base64'));

  it('verifies over the message as over its digest', async () => {
    const key = await format.parseKey(fileOf('ecdsa-p256'));
    const message = { message: Buffer.from('an artifact\n') };
    expect(await format.verify({ signed: message, signature: await parse(), keys: [key] })).toMatchObject([{ key }]);
  });

  it('judges a chain at the beginning of its leaf, or at the time given', async () => {
    const chain = await format.parseKey(fileOf('chain'));
    const verification = { signed, signature: await parse(), keys: [chain] };
    expect(await format.verify(verification)).toMatchObject([{ key: chain }]);
    await expect(format.verify({ ...verification, at: new Date('2100-01-01') })).rejects.toMatchObject({
      code: 'ERR_SIGNATURE_INVALID',
    });
  });

  it('refuses a broken chain, and finds the signer beside one', async () => {
    const [broken, key] = [await format.parseKey(fileOf('broken chain')), await format.parseKey(fileOf('ecdsa-p256'))];
    await expect(format.verify({ signed, signature: await parse(), keys: [broken] })).rejects.toMatchObject({
      code: 'ERR_SIGNATURE_INVALID',
      message: 'certificate 1 of the chain names another issuer than the next certificate',
    });
    expect(await format.verify({ signed, signature: await parse(), keys: [broken, key] })).toMatchObject([{ key }]);
  });

  it('verifies with a key that another instance has parsed', async () => {
    const { canonical, identities, members } = await format.parseKey(fileOf('chain'));
    const key = { canonical, identities, members };
    expect(await format.verify({ signed, signature: await parse(), keys: [key] })).toMatchObject([{ key }]);
  });

  it.each([
    ['a PKCS#1 key', 'RSA PUBLIC KEY'],
    ['a private key', 'PRIVATE KEY'],
    ['a signing request', 'CERTIFICATE REQUEST'],
  ])('refuses %s', async (_, label) => {
    const file = `-----BEGIN ${label}-----\nMAA=\n-----END ${label}-----\n`;
    await expect(format.parseKey(Buffer.from(file))).rejects.toMatchObject({
      code: 'ERR_MALFORMED',
      message: `invalid public key: cannot handle type ${label}`,
    });
  });

  it('takes key files up to the limit', async () => {
    const file = fileOf('ecdsa-p256').toString();
    const padded = (length: number) => Buffer.from(`${'#'.repeat(length - file.length - 1)}\n${file}`);
    expect((await format.parseKey(padded(limits.keyBytes))).members[0].fingerprint).toBe(keys[0]?.fingerprint);
    await expect(format.parseKey(padded(limits.keyBytes + 1))).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });

  it('takes signatures up to the limit', async () => {
    await format.parseSignature(Buffer.alloc(limits.signatureBytes));
    await expect(format.parseSignature(Buffer.alloc(limits.signatureBytes + 1))).rejects.toMatchObject({
      code: 'ERR_TOO_LARGE',
    });
  });

  it('takes ten certificates', async () => {
    const certificate = fileOf('certificate').toString();
    expect((await format.parseKey(Buffer.from(certificate.repeat(limits.chainLength)))).members[0].fingerprint).toBe(
      (await format.parseKey(Buffer.from(certificate))).members[0].fingerprint,
    );
    await expect(format.parseKey(Buffer.from(certificate.repeat(limits.chainLength + 1)))).rejects.toMatchObject({
      message: 'too many certificates specified in PEM block',
    });
  });

  it('refuses by code whatever stands in a block', async () => {
    const labels = fc.constantFrom('PUBLIC KEY', 'CERTIFICATE', 'RSA PUBLIC KEY', '');
    await fc.assert(
      fc.asyncProperty(labels, fc.uint8Array({ maxLength: 200 }), async (label, der) => {
        const body = Buffer.from(der).toString('base64');
        const file = Buffer.from(`-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`);
        await expect(format.parseKey(file)).rejects.toMatchObject({
          code: expect.stringMatching(/^ERR_(MALFORMED|UNSUPPORTED)$/),
        });
      }),
      { numRuns: 500 },
    );
  });
});
