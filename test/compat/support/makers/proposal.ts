import { createHash, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';

/** An upload, as a client sends it. */
export interface Proposal {
  readonly kind: string;
  readonly apiVersion: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Makes one more upload of its type that nobody has made before: every call signs something else. */
export type Maker = () => Proposal;

/** A key pair, its public key also as base64 of PEM, which is how most proposals carry it. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly pem: string;
}

const types = {
  ecdsa: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ed25519: () => generateKeyPairSync('ed25519'),
  rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
} as const;

export function makeKeyPair(type: keyof typeof types): KeyPair {
  const { privateKey, publicKey } = types[type]();
  return { privateKey, publicKey, pem: base64(publicKey.export({ type: 'spki', format: 'pem' })) };
}

/** The 32 bytes of an Ed25519 public key. */
export function rawKey({ publicKey }: KeyPair): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
}

export const base64 = (content: string | Uint8Array): string => Buffer.from(content).toString('base64');

export const hash = (algorithm: string, ...parts: readonly (string | Uint8Array)[]): Buffer =>
  parts.reduce((digest, part) => digest.update(part), createHash(algorithm)).digest();

/** Bytes, or a name, that nobody had before. */
export const fresh = (): Buffer => randomBytes(32);
export const freshName = (): string => `a${randomBytes(12).toString('hex')}`;

/** A proposal of the version that all types but one have. */
export const proposal = (kind: string, spec: Proposal['spec'], apiVersion = '0.0.1'): Proposal => ({
  kind,
  apiVersion,
  spec,
});
