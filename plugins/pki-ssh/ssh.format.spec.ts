import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PluginApi } from '@countersign/plugin-api';
import { testPkiFormat } from '@countersign/plugin-api/testing';
import { createPluginApi } from '@countersign/plugin-host';
import fc from 'fast-check';
import { limits } from './limits.ts';
import ssh from './ssh.format.ts';
import { mpint, string, uint32 } from './wire.ts';

const readJson = (name: string) => JSON.parse(readFileSync(new URL(`./vectors/${name}`, import.meta.url), 'utf8'));

/** Made and described by ssh-keygen; canonical as rekor-server stored it. */
interface Key {
  readonly name: string;
  readonly file: string;
  readonly canonical: string;
  readonly identities: readonly string[];
  readonly fingerprint: string;
  readonly algorithm: string;
}
const keys: Key[] = readJson('keys.json');
const signatures: { name: string; key: string; file: string; canonical: string }[] = readJson('signatures.json');
const refused: { name: string; key: string; signature: string; code: string }[] = readJson('refused.json');
const keyFile = (name: string) => Buffer.from(keys.find((key) => key.name === name)?.file ?? '');
const signatureFile = (name: string) => Buffer.from(signatures.find((vector) => vector.name === name)?.file ?? '');

const noPki: PluginApi['pki'] = {
  get(id) {
    throw new Error(`asked for ${id}`);
  },
  ids: () => [],
};
const format = ssh(createPluginApi(noPki));
const message = Buffer.from('an artifact\n');

testPkiFormat('ssh', {
  format,
  keys: keys.map(({ file, canonical, fingerprint, algorithm, ...key }) => ({
    ...key,
    bytes: Buffer.from(file),
    canonical: Buffer.from(canonical),
    members: [{ fingerprint, algorithm }],
  })),
  signatures: signatures.map(({ name, key, file, canonical }) => ({
    name,
    key,
    bytes: Buffer.from(file),
    canonical: Buffer.from(canonical),
    signed: { message },
  })),
  foreignKey: keyFile('foreign'),
});

/** What an SSHSIG over an artifact signs, and the file that carries the signature. */
const purpose = Buffer.concat([string('file'), string(''), string('sha512')]);
const signedData = (artifact: Uint8Array) =>
  Buffer.concat([Buffer.from('SSHSIG'), purpose, string(createHash('sha512').update(artifact).digest())]);
const armored = (key: Uint8Array, format: string, signature: Uint8Array) => {
  const inner = Buffer.concat([string(format), string(signature)]);
  const outer = Buffer.concat([Buffer.from('SSHSIG'), uint32(1), string(key), purpose, string(inner)]);
  return Buffer.from(`-----BEGIN SSH SIGNATURE-----\n${outer.toString('base64')}\n-----END SSH SIGNATURE-----\n`);
};

describe('ssh', () => {
  const parsed = async (name: string) => ({
    signature: await format.parseSignature(signatureFile(name)),
    keys: [await format.parseKey(keyFile(name))],
  });

  it('verifies over the SHA-512 of an artifact, and over no other digest', async () => {
    const verification = await parsed('ed25519');
    const digest = createHash('sha512').update(message).digest();
    expect(await format.verify({ ...verification, signed: { digest, hash: 'sha512' } })).toMatchObject(
      verification.keys.map((key) => ({ key })),
    );
    await expect(
      format.verify({ ...verification, signed: { digest: digest.subarray(32), hash: 'sha256' } }),
    ).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });

  it.each(refused)('refuses $name', async ({ key, signature, code }) => {
    const verified = async () =>
      format.verify({
        signed: { message },
        signature: await format.parseSignature(Buffer.from(signature)),
        keys: [await format.parseKey(Buffer.from(key))],
      });
    await expect(verified()).rejects.toMatchObject({ code });
  });

  it.each(['DSA', 'RSA 1024', 'certificate as key', 'a point off the curve'])('does not pass over %s', async (name) => {
    const { key = '' } = refused.find((vector) => vector.name === name) ?? {};
    const file = Buffer.concat([Buffer.from(`${key.trimEnd()}\n`), keyFile('ed25519')]);
    await expect(format.parseKey(file)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });

  it('passes over a line of an unknown type', async () => {
    const unknown = keyFile('ed25519').toString('latin1').replace('AAAAC3NzaC1lZDI1', 'AAAAC3NzaC1lZDI9');
    const key = await format.parseKey(Buffer.from(`${unknown}${keyFile('RSA 2048')}`));
    expect(key.members[0].fingerprint).toBe((await format.parseKey(keyFile('RSA 2048'))).members[0].fingerprint);
  });

  it('says what to do about a signature over SHA-256', async () => {
    const { signature = '' } = refused.find(({ name }) => name === 'sha256 sshsig') ?? {};
    await expect(format.parseSignature(Buffer.from(signature))).rejects.toMatchObject({
      message: 'unsupported ssh signature: its hash is not sha512: sign with -O hashalg=sha512',
    });
  });

  it('takes an RSA signature without its leading zeros, as some clients write it', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
    const number = (base64url: string) => Buffer.from(base64url, 'base64url');
    const blob = Buffer.concat([string('ssh-rsa'), mpint(number(e)), mpint(number(n))]);
    const key = await format.parseKey(Buffer.from(`ssh-rsa ${blob.toString('base64')}\n`));
    const verify = async (message: Uint8Array, signature: Uint8Array) =>
      format.verify({
        signed: { message },
        keys: [key],
        signature: await format.parseSignature(armored(blob, 'rsa-sha2-512', signature)),
      });
    const signed = (message: Uint8Array) => sign('sha512', signedData(message), privateKey);

    // One signature in 256 begins with a zero.
    let round = 0;
    while (signed(uint32(round))[0] !== 0) round++;
    const [message, signature] = [uint32(round), signed(uint32(round))];
    expect(await verify(message, signature)).toMatchObject([{ key }]);
    expect(await verify(message, signature.subarray(1))).toMatchObject([{ key }]);
    for (const other of [Buffer.concat([Buffer.of(0), signature]), signature.subarray(0, -1)]) {
      await expect(verify(message, other)).rejects.toMatchObject({ code: 'ERR_SIGNATURE_INVALID' });
    }
  });

  it('takes a signature in the format of its key alone', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const point = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    const blob = Buffer.concat([string('ssh-ed25519'), string(point)]);
    const keys = [await format.parseKey(Buffer.from(`ssh-ed25519 ${blob.toString('base64')}\n`))];
    const verify = async (name: string) => {
      const file = armored(blob, name, sign(null, signedData(message), privateKey));
      return format.verify({ signed: { message }, keys, signature: await format.parseSignature(file) });
    };
    expect(await verify('ssh-ed25519')).toMatchObject(keys.map((key) => ({ key })));
    for (const other of ['rsa-sha2-512', 'ecdsa-sha2-nistp256']) {
      await expect(verify(other)).rejects.toMatchObject({ code: 'ERR_SIGNATURE_INVALID' });
    }
  });

  it('takes key files up to the limit', async () => {
    const file = (size: number) => Buffer.concat([keyFile('ed25519'), Buffer.alloc(size)]).subarray(0, size);
    await format.parseKey(file(limits.keyBytes));
    await expect(format.parseKey(file(limits.keyBytes + 1))).rejects.toMatchObject({ code: 'ERR_TOO_LARGE' });
  });

  it('takes signature files up to the limit', async () => {
    const file = (size: number) => Buffer.concat([signatureFile('ed25519'), Buffer.alloc(size)]).subarray(0, size);
    await format.parseSignature(file(limits.signatureBytes));
    await expect(format.parseSignature(file(limits.signatureBytes + 1))).rejects.toMatchObject({
      code: 'ERR_TOO_LARGE',
    });
  });

  it.each([
    ['lines that hold no key', 'a b\n'.repeat(limits.keyBytes / 4)],
    ['lines with broken keys', 'ssh-rsa AAAA\n'.repeat(limits.keyBytes / 13)],
    ['spaces', `ssh-rsa AAAA${' '.repeat(limits.keyBytes - 20)}x`],
    ['quotes', `${'\\"'.repeat(limits.keyBytes / 2 - 10)} a b`],
    ['a comment that is nearly an address', `${keyFile('ed25519').toString().trim()}${'.a'.repeat(30_000)}-`],
  ])('sshpk CVE-2018-3737: takes little time over %s', async (_, file) => {
    const started = process.cpuUsage();
    await format.parseKey(Buffer.from(file)).catch((error) => expect(error).toMatchObject({ code: 'ERR_MALFORMED' }));
    expect(process.cpuUsage(started).user).toBeLessThan(1_500_000);
  });

  it.each([
    ['begins', '-----BEGIN SSH SIGNATURE-----\n'.repeat(2000)],
    ['dashes', `-----BEGIN ${'-'.repeat(60_000)}\n`],
    ['spaces', `-----BEGIN ${'----- '.repeat(10_000)}\n`],
  ])('sshpk CVE-2018-3737: takes little time over a signature of %s', async (_, file) => {
    const started = process.cpuUsage();
    await expect(format.parseSignature(Buffer.from(file))).rejects.toMatchObject({ code: 'ERR_MALFORMED' });
    expect(process.cpuUsage(started).user).toBeLessThan(1_500_000);
  });

  const wire = fc.oneof(
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
    fc.uint8Array({ maxLength: 80 }).map(string),
    fc.constantFrom('ssh-rsa', 'ssh-ed25519', 'ecdsa-sha2-nistp256', 'nistp256', 'file', 'sha512', '').map(string),
    fc
      .constantFrom([0xff, 0xff, 0xff, 0xff], [0x7f, 0xff, 0xff, 0xff], [0, 0, 0, 1])
      .map((bytes) => Buffer.from(bytes)),
  );
  const code = expect.stringMatching(/^ERR_(MALFORMED|UNSUPPORTED)$/);

  it('refuses by code whatever stands in a key', async () => {
    const types = fc.constantFrom('ssh-rsa', 'ssh-ed25519', 'ecdsa-sha2-nistp384', 'sk-ssh-ed25519@openssh.com');
    await fc.assert(
      fc.asyncProperty(types, fc.array(wire, { maxLength: 5 }), async (type, parts) => {
        const blob = Buffer.concat([string(type), ...parts]).toString('base64');
        await format.parseKey(Buffer.from(`${type} ${blob}\n`)).catch((error) => expect(error).toMatchObject({ code }));
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses by code whatever stands in a signature', async () => {
    const magic = Buffer.from('SSHSIG\0\0\0\x01', 'latin1');
    await fc.assert(
      fc.asyncProperty(fc.array(wire, { maxLength: 8 }), async (parts) => {
        const base64 = Buffer.concat([magic, ...parts]).toString('base64');
        const file = Buffer.from(`-----BEGIN SSH SIGNATURE-----\n${base64}\n-----END SSH SIGNATURE-----\n`);
        await expect(format.parseSignature(file)).rejects.toMatchObject({ code });
      }),
      { numRuns: 1000 },
    );
  });
});
