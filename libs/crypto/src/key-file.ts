import { createPrivateKey, type KeyObject, randomBytes } from 'node:crypto';
import { link, open, readFile, rm, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { decodePem } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { limits } from './limits.ts';

/**
 * Reads a PEM private key: PKCS#8, encrypted PKCS#8, SEC1 or PKCS#1.
 * `undefined` when there is no such file.
 *
 * @throws `ERR_SIGNER` when others may read an unencrypted key, or it cannot be read or decrypted
 */
export async function readKeyFile(path: string, passphrase: string | undefined): Promise<KeyObject | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw refuse(path, `cannot be opened: ${error.message}`, error);
  });
  if (file === undefined) return undefined;
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw refuse(path, 'is not a file');
    if (stat.size > limits.keyBytes) throw refuse(path, `is over ${limits.keyBytes} bytes`);
    return parse(path, await file.readFile(), stat.mode, passphrase);
  } finally {
    await file.close();
  }
}

function parse(path: string, pem: Buffer, mode: number, passphrase: string | undefined): KeyObject {
  const encrypted = isEncrypted(path, pem);
  // Windows has no such modes; there the folder's access list counts.
  if (!encrypted && process.platform !== 'win32' && (mode & 0o077) !== 0) {
    const found = (mode & 0o777).toString(8).padStart(4, '0');
    throw refuse(path, `has mode ${found}: others can read it. Run: chmod 600 ${path}`);
  }
  if (encrypted && passphrase === undefined) throw refuse(path, 'is encrypted, and no passphrase was given');
  if (!encrypted && passphrase !== undefined) throw refuse(path, 'is not encrypted, and a passphrase was given');
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    throw refuse(path, encrypted ? 'does not decrypt with this passphrase' : 'is not a private key', error);
  }
}

function isEncrypted(path: string, pem: Buffer): boolean {
  // The traditional format's encryption is a header inside the block, which RFC 7468 does not have.
  if (pem.includes('Proc-Type:')) throw refuse(path, 'has traditional encryption. Run: openssl pkcs8 -topk8');
  try {
    return decodePem(pem).some(({ label }) => label === 'ENCRYPTED PRIVATE KEY');
  } catch (error) {
    throw refuse(path, 'is not PEM', error);
  }
}

/**
 * Writes a key as PKCS#8 PEM, mode 0600; with a passphrase encrypted with AES-256-CBC under
 * PBKDF2, at the 2048 rounds OpenSSL has: the passphrase has to be a long one.
 *
 * The file appears whole and durable or not at all.
 *
 * @returns false, and nothing is written, when the file is there already
 * @throws `ERR_SIGNER` when it cannot be written
 */
export async function createKeyFile(path: string, key: KeyObject, passphrase: string | undefined): Promise<boolean> {
  const pem = key.export({
    format: 'pem',
    type: 'pkcs8',
    ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
  });
  return placeKeyFile(path, pem);
}

/**
 * Copies a key file, encrypted or not, as it is. The copy has mode 0600, and appears whole and durable or not at all.
 *
 * @throws `ERR_SIGNER` when one cannot be read, or the other is there already or cannot be written
 */
export async function copyKeyFile(from: string, to: string): Promise<void> {
  const pem = await readFile(from).catch((error: Error) => {
    throw refuse(from, `cannot be read: ${error.message}`, error);
  });
  if (!(await placeKeyFile(to, pem))) throw refuse(to, 'is there already');
}

async function placeKeyFile(path: string, pem: string | Buffer): Promise<boolean> {
  const partial = `${path}.${randomBytes(8).toString('hex')}.tmp`;
  try {
    await writeDurably(partial, pem);
    // Unlike a rename, a link never replaces what is there.
    await link(partial, path);
    await unlink(partial);
    await syncFolder(dirname(path));
    return true;
  } catch (error) {
    await rm(partial, { force: true });
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw refuse(path, `cannot be written: ${(error as Error).message}`, error);
  }
}

async function writeDurably(path: string, contents: string | Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(contents);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** The refusal of a key file. */
export function refuse(path: string, why: string, cause?: unknown): CountersignError {
  return new CountersignError('ERR_SIGNER', `key file ${path} ${why}`, { cause, details: { path } });
}
