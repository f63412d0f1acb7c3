import * as crypto from 'node:crypto';
import { encodePem } from '@countersign/encoding';
import { hash } from './hash.ts';
import { limits } from './limits.ts';
import { keyId, parsePublicKey, publicKeyPem } from './parse-key.ts';

const refusal = (code: string) => expect.objectContaining({ code });
const keys = {
  'ecdsa-p256': crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'ecdsa-p521': crypto.generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  'rsa-2048': crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ed25519: crypto.generateKeyPairSync('ed25519'),
};
const spkiOf = (key: crypto.KeyObject) => new Uint8Array(key.export({ format: 'der', type: 'spki' }));

describe('parsePublicKey', () => {
  it.each(Object.entries(keys))('reads %s from every form it comes in', (algorithm, { publicKey, privateKey }) => {
    const spki = spkiOf(publicKey);
    const jwk = publicKey.export({ format: 'jwk' });
    const forms: (string | Uint8Array | crypto.JsonWebKey)[] = [
      spki,
      publicKey.export({ format: 'pem', type: 'spki' }),
      new TextEncoder().encode(`\n ${publicKey.export({ format: 'pem', type: 'spki' })}\n`),
      privateKey.export({ format: 'pem', type: 'pkcs8' }),
      jwk,
      JSON.stringify(jwk),
      ` ${JSON.stringify({ ...jwk, kid: 'x' })}`,
      JSON.stringify(privateKey.export({ format: 'jwk' })),
    ];
    if (algorithm.startsWith('rsa')) {
      forms.push(
        publicKey.export({ format: 'pem', type: 'pkcs1' }),
        privateKey.export({ format: 'pem', type: 'pkcs1' }),
      );
    }
    if (algorithm.startsWith('ecdsa')) {
      const sec1 = privateKey.export({ format: 'pem', type: 'sec1' });
      forms.push(sec1, encodePem('EC PARAMETERS', Uint8Array.of(6, 1, 1)) + sec1);
    }
    for (const form of forms) {
      const key = parsePublicKey(form);
      expect(key.algorithm).toBe(algorithm);
      expect(key.spki).toEqual(spki);
    }
  });

  const { publicKey, privateKey } = keys['ecdsa-p256'];
  const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();

  it.each<[string, string | Uint8Array]>([
    ['nothing', ''],
    ['text', 'my key'],
    ['two blocks', pem + pem],
    ['no end', pem.slice(0, -10)],
    ['text before', `a key:\n${pem}`],
    ['DER after a blank', Buffer.concat([Buffer.from(' '), spkiOf(publicKey)])],
    ['a private key in a public block', encodePem('PUBLIC KEY', privateKey.export({ format: 'der', type: 'pkcs8' }))],
    ['a public key in a private block', encodePem('PRIVATE KEY', spkiOf(publicKey))],
    ['an EC key in an RSA block', encodePem('RSA PUBLIC KEY', spkiOf(publicKey))],
    ['JSON cut off', '{"kty":"EC"'],
    ['a JWK without its numbers', '{"kty":"EC","crv":"P-256"}'],
    ['a symmetric JWK', '{"kty":"oct","k":"AAAA"}'],
    ['a JWK off its curve', JSON.stringify({ ...publicKey.export({ format: 'jwk' }), x: 'A'.repeat(43) })],
    ['a JWK of nothing', '{}'],
  ])('refuses %s', (_name, input) => {
    expect(() => parsePublicKey(input)).toThrow(refusal('ERR_MALFORMED'));
  });

  it.each<[string, string]>([
    ['a certificate', encodePem('CERTIFICATE', Uint8Array.of(0x30, 0))],
    [
      'an encrypted private key',
      privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' }).toString(),
    ],
    ['an RSA key of 1024 bits', weakRsa()],
    ['secp256k1 as JWK', secp256k1()],
  ])('does not support %s', (_name, input) => {
    expect(() => parsePublicKey(input)).toThrow(refusal('ERR_UNSUPPORTED'));
  });

  it('reads up to its limit', () => {
    const pad = (length: number) => pem + ' '.repeat(length - pem.length);
    expect(parsePublicKey(pad(limits.keyBytes)).algorithm).toBe('ecdsa-p256');
    expect(() => parsePublicKey(pad(limits.keyBytes + 1))).toThrow(refusal('ERR_TOO_LARGE'));
  });
});

describe('publicKeyPem and keyId', () => {
  it('are the PEM and SHA-256 of SubjectPublicKeyInfo', () => {
    for (const { publicKey } of Object.values(keys)) {
      const spki = spkiOf(publicKey);
      expect(publicKeyPem({ spki })).toBe(publicKey.export({ format: 'pem', type: 'spki' }));
      expect(keyId({ spki })).toEqual(hash('sha256', spki));
    }
  });
});

describe('hash', () => {
  it('gives plain octets', () => {
    expect(hash('sha256', Uint8Array.of(1)).constructor).toBe(Uint8Array);
  });

  it('agrees with the examples of FIPS 180-4', () => {
    const abc = new TextEncoder().encode('abc');
    expect(Buffer.from(hash('sha1', abc)).toString('hex')).toBe('a9993e364706816aba3e25717850c26c9cd0d89d');
    expect(Buffer.from(hash('sha256', abc)).toString('hex')).toMatch(/^ba7816bf8f01cfea/);
    expect(Buffer.from(hash('sha384', abc)).toString('hex')).toMatch(/^cb00753f45a35e8b/);
    expect(Buffer.from(hash('sha512', abc)).toString('hex')).toMatch(/^ddaf35a193617aba/);
  });
});

function weakRsa(): string {
  const { publicKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 1024 });
  return publicKey.export({ format: 'pem', type: 'spki' }).toString();
}

function secp256k1(): string {
  return JSON.stringify(
    crypto.generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey.export({ format: 'jwk' }),
  );
}
