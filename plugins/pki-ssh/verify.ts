import type { HashAlgorithm, PluginApi } from '@countersign/plugin-api';
import { integer, sequence } from './der.ts';
import type { SshKey } from './ssh-key.ts';
import type { SshSig } from './sshsig.ts';
import { WireReader } from './wire.ts';

/** How signatures of one format are made. */
interface Scheme {
  readonly keyType: string;
  /** Absent for Ed25519. */
  readonly hash?: HashAlgorithm;
  /** Made by a FIDO security key, which signs more than the message. */
  readonly securityKey?: true;
}

/** The formats there are. `ssh-rsa` is none of them: it is SHA-1, and PROTOCOL.sshsig forbids it. */
export const schemes: ReadonlyMap<string, Scheme> = new Map<string, Scheme>([
  ['rsa-sha2-256', { keyType: 'ssh-rsa', hash: 'sha256' }],
  ['rsa-sha2-512', { keyType: 'ssh-rsa', hash: 'sha512' }],
  ['ssh-ed25519', { keyType: 'ssh-ed25519' }],
  ['ecdsa-sha2-nistp256', { keyType: 'ecdsa-sha2-nistp256', hash: 'sha256' }],
  ['ecdsa-sha2-nistp384', { keyType: 'ecdsa-sha2-nistp384', hash: 'sha384' }],
  ['ecdsa-sha2-nistp521', { keyType: 'ecdsa-sha2-nistp521', hash: 'sha512' }],
  ['sk-ssh-ed25519@openssh.com', { keyType: 'sk-ssh-ed25519@openssh.com', securityKey: true }],
  [
    'sk-ecdsa-sha2-nistp256@openssh.com',
    { keyType: 'sk-ecdsa-sha2-nistp256@openssh.com', hash: 'sha256', securityKey: true },
  ],
]);

const userPresent = 0x01;

/** Whether `key` made the signature over `data`. Whatever is wrong with the signature is `false`. */
export function verifies(api: PluginApi, key: SshKey, sshSig: SshSig, data: Uint8Array): boolean {
  const scheme = schemes.get(sshSig.format);
  if (scheme?.keyType !== key.type) return false;
  const message = scheme.securityKey ? securityKeyMessage(api, key, sshSig.rest, data) : data;
  const signature = plainSignature(key.verifyKey.algorithm, sshSig.signature);
  if (message === undefined || signature === undefined) return false;
  return api.crypto.verify(key.verifyKey, { message, ...(scheme.hash && { hash: scheme.hash }) }, signature);
}

/** What a security key signs (PROTOCOL.u2f): application, flags, counter, message. Somebody must have touched it. */
function securityKeyMessage(api: PluginApi, key: SshKey, rest: Buffer, data: Uint8Array): Buffer | undefined {
  const [flags = 0] = rest;
  if (rest.length !== 5 || (flags & userPresent) === 0) return undefined;
  const digest = (bytes: Uint8Array) => api.crypto.hash('sha256', bytes);
  return Buffer.concat([digest(key.application ?? new Uint8Array()), rest, digest(data)]);
}

/** The signature as the host verifies it: ECDSA in DER, RSA as long as its modulus. */
function plainSignature(algorithm: string, blob: Buffer): Uint8Array | undefined {
  if (algorithm.startsWith('ecdsa-')) return ecdsaSignature(blob);
  if (!algorithm.startsWith('rsa-')) return blob;
  const size = Math.ceil(Number(algorithm.slice('rsa-'.length)) / 8);
  // Some clients leave out leading zeros (RFC 8332 §3 asks verifiers to bear with that).
  return blob.length < size ? Buffer.concat([Buffer.alloc(size - blob.length), blob]) : blob;
}

/** From the two numbers of RFC 5656 §3.1.2. */
function ecdsaSignature(blob: Buffer): Buffer | undefined {
  try {
    const reader = new WireReader(blob, () => new RangeError());
    const signature = sequence(integer(reader.natural()), integer(reader.natural()));
    reader.end();
    return signature;
  } catch {
    return undefined;
  }
}
