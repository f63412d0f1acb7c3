import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOk } from './run.ts';

/** The key types that the v1 log accepts with SHA-256, by openssl's arguments. */
const KEY_ARGUMENTS = {
  'ecdsa-p256': ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  'rsa-2048': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
  'rsa-4096': ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:4096'],
} as const;

/** A key type under test. */
export type KeyType = keyof typeof KEY_ARGUMENTS;

/** Every key type under test. */
export const keyTypes = Object.keys(KEY_ARGUMENTS) as KeyType[];

/** Paths of a signer's PEM files. */
export interface SignerFiles {
  readonly privateKey: string;
  readonly publicKey: string;
  readonly certificate: string;
}

/** Paths of one signed artifact, as a client takes them. */
export interface SignedArtifact {
  readonly artifact: string;
  readonly signature: string;
  /** A public key or a certificate. */
  readonly publicKey: string;
}

/** Makes a key, its public key and a self-signed certificate of it with openssl. */
export async function makeSigner(folder: string, keyType: KeyType): Promise<SignerFiles> {
  const path = (suffix: string) => join(folder, `${keyType}.${suffix}`);
  const [privateKey, publicKey, certificate] = [path('key.pem'), path('pub.pem'), path('crt.pem')];
  await runOk('openssl', ['genpkey', ...KEY_ARGUMENTS[keyType], '-out', privateKey]);
  await runOk('openssl', ['pkey', '-in', privateKey, '-pubout', '-out', publicKey]);
  const subject = ['-subj', `/CN=${keyType}`, '-addext', 'subjectAltName=email:signer@example.com'];
  await runOk('openssl', ['req', '-x509', '-new', '-key', privateKey, '-days', '2', ...subject, '-out', certificate]);
  return { privateKey, publicKey, certificate };
}

/** Writes a fresh artifact and its detached signature (SHA-256; PKCS#1 v1.5 for RSA) with openssl. */
export async function signArtifact(
  folder: string,
  signer: SignerFiles,
  by: 'key' | 'certificate',
): Promise<SignedArtifact> {
  const artifact = join(folder, `${randomBytes(6).toString('hex')}.bin`);
  const signature = `${artifact}.sig`;
  writeFileSync(artifact, randomBytes(3000));
  await runOk('openssl', ['dgst', '-sha256', '-sign', signer.privateKey, '-out', signature, artifact]);
  return { artifact, signature, publicKey: by === 'key' ? signer.publicKey : signer.certificate };
}
