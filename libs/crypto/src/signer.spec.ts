import * as crypto from 'node:crypto';
import { ephemeralSigner, keySigner, type SignerAlgorithm } from './signer.ts';
import { verify } from './verify.ts';

const message = new TextEncoder().encode('to be signed');

describe('ephemeralSigner', () => {
  it.each<SignerAlgorithm>([
    'ecdsa-p256',
    'ecdsa-p384',
    'ecdsa-p521',
    'ed25519',
    'rsa-2048',
    'rsa-3072',
  ])('signs with %s over SHA-256, Ed25519 over the message', async (algorithm) => {
    const signer = await ephemeralSigner(algorithm);
    expect(signer.publicKey.algorithm).toBe(algorithm);
    const signature = await signer.sign(message);
    expect(verify(signer.publicKey, { message }, signature)).toBe(true);
    expect(verify(signer.publicKey, { message: Uint8Array.of(1) }, signature)).toBe(false);
    const { keyObject } = signer.publicKey;
    expect(crypto.verify(algorithm === 'ed25519' ? null : 'sha256', message, keyObject, signature)).toBe(true);
  });

  it('has a new key each time', async () => {
    const [first, second] = [await ephemeralSigner('ed25519'), await ephemeralSigner('ed25519')];
    expect(first.publicKey.spki).not.toEqual(second.publicKey.spki);
  });
});

describe('keySigner', () => {
  it('takes no public key and no key that cannot be verified with', () => {
    const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 1024 });
    expect(() => keySigner(privateKey)).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED' }));
  });
});
