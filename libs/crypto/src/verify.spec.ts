import * as crypto from 'node:crypto';
import { concat } from '@countersign/encoding';
import { ed25519ph } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import type { HashAlgorithm } from './algorithm.ts';
import { hash } from './hash.ts';
import { parseSpki } from './public-key.ts';
import { flip } from './testing/octets.ts';
import { verify } from './verify.ts';

const message = new TextEncoder().encode('what was signed');
const hashes: readonly HashAlgorithm[] = ['sha256', 'sha384', 'sha512'];
const refusal = (code: string) => expect.objectContaining({ code });

function publish(key: crypto.KeyObject) {
  return parseSpki(crypto.createPublicKey(key).export({ format: 'der', type: 'spki' }));
}

const ec = crypto.generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;
const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const ed = crypto.generateKeyPairSync('ed25519').privateKey;
const pss = { key: rsa, padding: crypto.constants.RSA_PKCS1_PSS_PADDING };

describe('verify', () => {
  it.each(hashes)('takes a message and its %s alike', (algorithm) => {
    const digest = hash(algorithm, message);
    for (const [key, signature, options] of [
      [publish(ec), crypto.sign(algorithm, message, ec), {}],
      [publish(rsa), crypto.sign(algorithm, message, rsa), {}],
      [publish(rsa), crypto.sign(algorithm, message, rsa), { scheme: 'pkcs1' }],
      [publish(rsa), crypto.sign(algorithm, message, pss), { scheme: 'pss' }],
    ] as const) {
      expect(verify(key, { message, hash: algorithm }, signature, options)).toBe(true);
      expect(verify(key, { digest, hash: algorithm }, signature, options)).toBe(true);
      const other = flip(message, 5);
      expect(verify(key, { message: other, hash: algorithm }, signature, options)).toBe(false);
      expect(verify(key, { digest: hash(algorithm, other), hash: algorithm }, signature, options)).toBe(false);
    }
  });

  it('hashes a message with SHA-256 unless told otherwise', () => {
    for (const key of [ec, rsa]) {
      expect(verify(publish(key), { message }, crypto.sign('sha256', message, key))).toBe(true);
      expect(verify(publish(key), { message }, crypto.sign('sha512', message, key))).toBe(false);
    }
  });

  it('verifies Ed25519 over a message as it is, and Ed25519ph over a digest', () => {
    const key = publish(ed);
    const { d = '' } = ed.export({ format: 'jwk' });
    const prehashed = ed25519ph.sign(message, new Uint8Array(Buffer.from(d, 'base64url')));
    const plain = crypto.sign(null, message, ed);
    const digest = hash('sha512', message);
    expect(verify(key, { message }, plain)).toBe(true);
    expect(verify(key, { message, hash: 'sha256' }, plain)).toBe(true);
    expect(verify(key, { message }, prehashed)).toBe(false);
    expect(verify(key, { digest, hash: 'sha512' }, prehashed)).toBe(true);
    expect(verify(key, { digest, hash: 'sha512' }, plain)).toBe(false);
    expect(verify(key, { digest, hash: 'sha512' }, crypto.sign(null, digest, ed))).toBe(false);
  });

  it('refuses Ed25519 over another digest than SHA-512, and PSS without RSA', () => {
    const signature = new Uint8Array(64);
    for (const algorithm of ['sha256', 'sha384'] as const) {
      const digest = hash(algorithm, message);
      expect(() => verify(publish(ed), { digest, hash: algorithm }, signature)).toThrow(refusal('ERR_UNSUPPORTED'));
    }
    for (const key of [ed, ec]) {
      expect(() => verify(publish(key), { message }, signature, { scheme: 'pss' })).toThrow(refusal('ERR_UNSUPPORTED'));
    }
  });

  it('verifies nothing over a digest of the wrong length', () => {
    for (const key of [ec, rsa, ed]) {
      for (const digest of [new Uint8Array(), new Uint8Array(63), new Uint8Array(65), hash('sha256', message)]) {
        expect(verify(publish(key), { digest, hash: 'sha512' }, crypto.sign(null, message, ed))).toBe(false);
      }
    }
    // A good signature over a digest that is not of the hash it is said to be of.
    const digest = hash('sha256', message);
    expect(verify(publish(ec), { digest, hash: 'sha512' }, crypto.sign('sha256', message, ec))).toBe(false);
    const longer = { digest: concat(digest, Uint8Array.of(0)), hash: 'sha256' } as const;
    expect(verify(publish(ec), longer, crypto.sign('sha256', message, ec))).toBe(false);
  });

  it('parses a key that is plain data', () => {
    const { spki } = publish(ec);
    expect(verify({ spki, algorithm: 'rsa-2048' }, { message }, crypto.sign('sha256', message, ec))).toBe(true);
    expect(() => verify({ spki: spki.subarray(1), algorithm: 'ecdsa-p384' }, { message }, spki)).toThrow(
      refusal('ERR_MALFORMED'),
    );
  });

  it('is false for any bytes as a signature over a message', () => {
    fc.assert(
      fc.property(fc.constantFrom(ec, rsa, ed), fc.uint8Array({ maxLength: 300 }), (key, signature) => {
        expect(verify(publish(key), { message }, signature)).toBe(false);
        expect(verify(publish(key), { digest: hash('sha512', message), hash: 'sha512' }, signature)).toBe(false);
      }),
      { numRuns: 100 },
    );
  });

  it('leaves no error behind for the next call into OpenSSL', () => {
    const digest = hash('sha256', message);
    const before = failInOpenssl();
    for (const key of [ec, rsa]) {
      for (const signature of [Uint8Array.of(0x30, 0), new Uint8Array(256).fill(255)]) {
        expect(verify(publish(key), { digest, hash: 'sha256' }, signature)).toBe(false);
        expect(failInOpenssl()).toEqual(before);
      }
    }
  });
});

/** What node reports of OpenSSL's error queue when something fails. */
function failInOpenssl(): unknown {
  try {
    return crypto.createPrivateKey('no key');
  } catch (error) {
    const { message, opensslErrorStack } = error as Error & { opensslErrorStack?: unknown };
    return { message, opensslErrorStack };
  }
}
