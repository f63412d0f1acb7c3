import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOk } from './run.ts';

const makeKey = {
  ecdsa: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ed25519: () => generateKeyPairSync('ed25519'),
} as const;

/** A key type of an envelope's signer. */
export type EnvelopeKeyType = keyof typeof makeKey;

/** A key that signs envelopes, with its PEM files. */
export interface EnvelopeSigner {
  readonly privateKey: KeyObject;
  readonly privateKeyFile: string;
  readonly publicKey: string;
  /** Self-signed, of `signer@example.com`. */
  readonly certificate: string;
}

export async function makeEnvelopeSigner(folder: string, type: EnvelopeKeyType): Promise<EnvelopeSigner> {
  const path = (suffix: string) => join(folder, `${type}.${suffix}`);
  const { privateKey, publicKey } = makeKey[type]();
  writeFileSync(path('key.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }));
  writeFileSync(path('pub.pem'), publicKey.export({ format: 'pem', type: 'spki' }));
  const subject = ['-subj', `/CN=${type}`, '-addext', 'subjectAltName=email:signer@example.com'];
  await runOk('openssl', [
    ...['req', '-x509', '-new', '-key', path('key.pem'), '-days', '2', ...subject, '-out', path('crt.pem')],
  ]);
  return {
    privateKey,
    privateKeyFile: path('key.pem'),
    publicKey: path('pub.pem'),
    certificate: path('crt.pem'),
  };
}

/** Writes a DSSE envelope that each has signed. */
export function writeEnvelope(
  file: string,
  payloadType: string,
  payload: string,
  signers: readonly EnvelopeSigner[],
): void {
  const body = Buffer.from(payload);
  const signed = Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${body.length} ${payload}`);
  const signatures = signers.map(({ privateKey }) => ({
    sig: sign(privateKey.asymmetricKeyType === 'ed25519' ? null : 'sha256', signed, privateKey).toString('base64'),
  }));
  writeFileSync(file, JSON.stringify({ payloadType, payload: body.toString('base64'), signatures }));
}

/** An in-toto statement with two subjects and SLSA materials. */
export const provenance = JSON.stringify({
  _type: 'https://in-toto.io/Statement/v0.1',
  subject: [
    { name: 'one', digest: { sha256: '11'.repeat(32) } },
    { name: 'two', digest: { sha256: '22'.repeat(32), sha512: '22'.repeat(64) } },
  ],
  predicateType: 'https://slsa.dev/provenance/v0.2',
  predicate: { builder: { id: 'https://example.com/builder' }, materials: [{ digest: { sha1: '33'.repeat(20) } }] },
});

/** What the statement is about, and what that was made from, as clients search by it. */
export const provenanceDigests: readonly string[] = [
  `sha256:${'11'.repeat(32)}`,
  `sha512:${'22'.repeat(64)}`,
  `sha1:${'33'.repeat(20)}`,
];

/** SHA-256 of a text or of bytes, in hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
