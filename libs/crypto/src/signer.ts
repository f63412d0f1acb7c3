import * as crypto from 'node:crypto';
import { promisify } from 'node:util';
import { CountersignError } from '@countersign/errors';
import { type PublicKey, parseSpki } from './public-key.ts';

/** Makes signatures with one private key. Where that key is (a file, memory, a KMS) is the implementation's affair. */
export interface Signer {
  readonly publicKey: PublicKey;
  /**
   * Signs a message: ECDSA (DER) and RSA PKCS#1 v1.5 over SHA-256, whatever the key's size
   * (Rekor v1 has SHA-256 with P-384 too), Ed25519 as it is (RFC 8032 §5.1.6).
   * Rejects with `ERR_SIGNER` when the key cannot be used.
   */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** What a key can be made as. */
export type SignerAlgorithm =
  | 'ecdsa-p256'
  | 'ecdsa-p384'
  | 'ecdsa-p521'
  | 'ed25519'
  | 'rsa-2048'
  | 'rsa-3072'
  | 'rsa-4096';

const generateKeyPair = promisify(crypto.generateKeyPair);
const signAway = promisify(crypto.sign);

/** A new private key. */
export async function generatePrivateKey(algorithm: SignerAlgorithm): Promise<crypto.KeyObject> {
  const { privateKey } = await generate(algorithm);
  return privateKey;
}

function generate(algorithm: SignerAlgorithm): Promise<{ privateKey: crypto.KeyObject }> {
  switch (algorithm) {
    case 'ecdsa-p256':
    case 'ecdsa-p384':
    case 'ecdsa-p521':
      return generateKeyPair('ec', { namedCurve: algorithm.replace('ecdsa-p', 'P-') });
    case 'ed25519':
      return generateKeyPair('ed25519');
    case 'rsa-2048':
    case 'rsa-3072':
    case 'rsa-4096':
      return generateKeyPair('rsa', { modulusLength: Number(algorithm.slice('rsa-'.length)) });
  }
}

/** The public half of a key, parsed. Throws as {@link parseSpki}. */
export function publicHalf(key: crypto.KeyObject): PublicKey {
  const half = key.type === 'private' ? crypto.createPublicKey(key) : key;
  return parseSpki(half.export({ format: 'der', type: 'spki' }));
}

/** A signer over a private key in memory. */
export function keySigner(privateKey: crypto.KeyObject): Signer {
  const publicKey = publicHalf(privateKey);
  const hash = publicKey.algorithm === 'ed25519' ? null : 'sha256';
  // RSA takes milliseconds and goes to libuv's pool; a curve's signature is made in less time than the way there takes.
  const slow = publicKey.algorithm.startsWith('rsa-');
  return {
    publicKey,
    async sign(message) {
      try {
        return new Uint8Array(
          slow ? await signAway(hash, message, privateKey) : crypto.sign(hash, message, privateKey),
        );
      } catch (error) {
        throw new CountersignError('ERR_SIGNER', 'the private key does not sign', { cause: error });
      }
    },
  };
}

/** A signer with a new key that lives as long as the process. */
export async function ephemeralSigner(algorithm: SignerAlgorithm): Promise<Signer> {
  return keySigner(await generatePrivateKey(algorithm));
}
