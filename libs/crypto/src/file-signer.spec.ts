import * as crypto from 'node:crypto';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileSignerOptions, fileSigner } from './file-signer.ts';
import { copyKeyFile, createKeyFile } from './key-file.ts';
import { limits } from './limits.ts';
import type { SignerAlgorithm } from './signer.ts';
import { verify } from './verify.ts';

const refusal = (message: RegExp) =>
  expect.objectContaining({ code: 'ERR_SIGNER', message: expect.stringMatching(message) });
const message = new TextEncoder().encode('to be signed');

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-'));
  path = join(folder, 'log.key');
});
afterEach(() => rm(folder, { recursive: true }));

const open = (options: Partial<FileSignerOptions> = {}) =>
  fileSigner(path, { algorithm: 'ecdsa-p256', create: false, ...options });
const modeOf = async (file: string) => (await lstat(file)).mode & 0o777;
async function put(pem: string | Buffer, mode = 0o600): Promise<void> {
  await writeFile(path, pem);
  await chmod(path, mode);
}
const newKey = () => crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const pkcs8 = () => newKey().export({ format: 'pem', type: 'pkcs8' });

describe('fileSigner', () => {
  it.each<SignerAlgorithm>([
    'ecdsa-p256',
    'ecdsa-p384',
    'ed25519',
    'rsa-2048',
  ])('makes a key of %s and keeps it', async (algorithm) => {
    const made = await open({ algorithm, create: true });
    expect(made.publicKey.algorithm).toBe(algorithm);
    expect(await modeOf(path)).toBe(0o600);
    expect(await readdir(folder)).toEqual(['log.key']);
    expect(await readFile(path, 'utf8')).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);

    const contents = await readFile(path);
    for (const create of [true, false]) {
      const again = await open({ algorithm, create });
      expect(again.publicKey.spki).toEqual(made.publicKey.spki);
      expect(verify(made.publicKey, { message }, await again.sign(message))).toBe(true);
    }
    expect(await readFile(path)).toEqual(contents);
  });

  it('makes an encrypted key, which only its passphrase opens', async () => {
    const passphrase = 'correct horse battery staple';
    const made = await open({ create: true, passphrase });
    expect(await readFile(path, 'utf8')).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    expect(await modeOf(path)).toBe(0o600);
    await chmod(path, 0o644);
    expect((await open({ passphrase })).publicKey.spki).toEqual(made.publicKey.spki);
    await expect(open({ passphrase: 'wrong' })).rejects.toThrow(refusal(/does not decrypt/));
    await expect(open()).rejects.toThrow(refusal(/is encrypted, and no passphrase/));
    await expect(open({ passphrase: '' })).rejects.toThrow(refusal(/empty passphrase/));
  });

  it('never writes over a file that is there, whatever it holds', async () => {
    await put('something else', 0o644);
    expect(await createKeyFile(path, newKey(), undefined)).toBe(false);
    expect(await readFile(path, 'utf8')).toBe('something else');
    expect(await modeOf(path)).toBe(0o644);
    expect(await readdir(folder)).toEqual(['log.key']);
  });

  it.each([undefined, 'correct horse battery staple'])('is copied as it is: passphrase %s', async (passphrase) => {
    const options = passphrase === undefined ? {} : { passphrase };
    const made = await open({ create: true, ...options });
    const copy = join(folder, 'copy.key');
    await copyKeyFile(path, copy);
    expect(await readFile(copy)).toEqual(await readFile(path));
    expect(await modeOf(copy)).toBe(0o600);
    expect((await readdir(folder)).sort()).toEqual(['copy.key', 'log.key']);
    const signer = await fileSigner(copy, { algorithm: 'ecdsa-p256', create: false, ...options });
    expect(signer.publicKey.spki).toEqual(made.publicKey.spki);
    await expect(copyKeyFile(path, copy)).rejects.toThrow(refusal(/copy.key is there already/));
    await expect(copyKeyFile(join(folder, 'none'), copy)).rejects.toThrow(refusal(/none cannot be read/));
  });

  it('gives everyone the same key who creates the file at once', async () => {
    const signers = await Promise.all(Array.from({ length: 8 }, () => open({ create: true })));
    expect(new Set(signers.map(({ publicKey }) => Buffer.from(publicKey.id).toString('hex'))).size).toBe(1);
    expect(await readdir(folder)).toEqual(['log.key']);
  });

  it.each([0o640, 0o604, 0o620, 0o610, 0o601, 0o644, 0o777])('refuses an unencrypted key of mode %s', async (mode) => {
    await put(pkcs8(), mode);
    await expect(open()).rejects.toThrow(refusal(new RegExp(`has mode 0${mode.toString(8)}.*chmod 600 ${path}`)));
    await chmod(path, 0o600);
    expect((await open()).publicKey.algorithm).toBe('ecdsa-p256');
  });

  it('takes modes without others, and judges a link by its target', async () => {
    await put(pkcs8(), 0o400);
    const link = join(folder, 'link');
    await symlink(path, link);
    expect((await fileSigner(link, { algorithm: 'ecdsa-p256', create: false })).publicKey.algorithm).toBe('ecdsa-p256');
    await chmod(path, 0o444);
    await expect(fileSigner(link, { algorithm: 'ecdsa-p256', create: false })).rejects.toThrow(
      refusal(/has mode 0444/),
    );
  });

  it('reads the older forms', async () => {
    await put(newKey().export({ format: 'pem', type: 'sec1' }));
    expect((await open()).publicKey.algorithm).toBe('ecdsa-p256');
    const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    await put(rsa.export({ format: 'pem', type: 'pkcs1' }));
    expect((await open({ algorithm: 'rsa-2048' })).publicKey.algorithm).toBe('rsa-2048');
  });

  it('refuses a key of another algorithm, and leaves the file', async () => {
    await put(pkcs8());
    const before = await readFile(path);
    await expect(open({ algorithm: 'ed25519', create: true })).rejects.toThrow(
      refusal(/holds a key of type ecdsa-p256 where ed25519 is configured/),
    );
    expect(await readFile(path)).toEqual(before);
  });

  it('refuses a missing file unless it is to create it', async () => {
    await expect(open()).rejects.toThrow(refusal(/does not exist/));
    expect(await readdir(folder)).toEqual([]);
  });

  it.each<[string, () => string | Buffer, RegExp]>([
    ['nothing', () => '', /is not PEM/],
    ['text', () => 'my key', /is not PEM/],
    [
      'a public key',
      () => crypto.createPublicKey(newKey()).export({ format: 'pem', type: 'spki' }),
      /is not a private key/,
    ],
    ['an unsupported curve', () => exportEc('secp256k1'), /not supported/],
    [
      'traditional encryption',
      () => newKey().export({ format: 'pem', type: 'sec1', cipher: 'aes-256-cbc', passphrase: 'x' }),
      /openssl pkcs8/,
    ],
    ['too much', () => pkcs8().toString() + ' '.repeat(limits.keyBytes), /is over/],
  ])('refuses %s', async (_name, contents, why) => {
    await put(contents());
    await expect(open()).rejects.toThrow(refusal(why));
  });

  it('refuses a passphrase for a file that is not encrypted', async () => {
    await put(pkcs8());
    await expect(open({ passphrase: 'secret' })).rejects.toThrow(refusal(/is not encrypted/));
  });

  it('reads a file at its limit', async () => {
    const pem = pkcs8().toString();
    await put(pem + ' '.repeat(limits.keyBytes - pem.length));
    expect((await open()).publicKey.algorithm).toBe('ecdsa-p256');
  });

  it('refuses a folder, and a folder it cannot write to', async () => {
    await mkdir(path);
    await expect(open({ create: true })).rejects.toThrow(refusal(/is not a file/));
    path = join(folder, 'missing', 'log.key');
    await expect(open({ create: true })).rejects.toThrow(refusal(/cannot be written/));
  });
});

function exportEc(namedCurve: string): string | Buffer {
  return crypto.generateKeyPairSync('ec', { namedCurve }).privateKey.export({ format: 'pem', type: 'pkcs8' });
}
