import * as crypto from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { concat, der, fromHex, readDer } from '@countersign/encoding';
import { hasCode } from '@countersign/errors';
import fc from 'fast-check';
import { hash } from './hash.ts';
import { PublicKey, parseSpki, verifierName } from './public-key.ts';
import { replace } from './testing/octets.ts';

const refusal = (code: string) => expect.objectContaining({ code });
const exportSpki = (key: crypto.KeyObject) => new Uint8Array(key.export({ format: 'der', type: 'spki' }));
const ec = (namedCurve: string) => exportSpki(crypto.generateKeyPairSync('ec', { namedCurve }).publicKey);
const rsa = (modulusLength: number) => exportSpki(crypto.generateKeyPairSync('rsa', { modulusLength }).publicKey);
const ed25519 = exportSpki(crypto.generateKeyPairSync('ed25519').publicKey);
const p256 = ec('P-256');
const rsa2048 = rsa(2048);

const ecOid = der.oid('1.2.840.10045.2.1');
const p256Oid = der.oid('1.2.840.10045.3.1.7');
const rsaAlgorithm = der.sequence(der.oid('1.2.840.113549.1.1.1'), der.null());
const point = readDer(p256).children()[1]?.bitStringBytes() ?? new Uint8Array();
const ecSpki = (curve: Uint8Array, bytes: Uint8Array) => der.sequence(der.sequence(ecOid, curve), der.bitString(bytes));
const rsaSpki = (modulus: bigint, exponent: bigint, algorithm = rsaAlgorithm) =>
  der.sequence(algorithm, der.bitString(der.sequence(der.integer(modulus), der.integer(exponent))));

describe('parseSpki', () => {
  it.each([
    ['ecdsa-p256', p256],
    ['ecdsa-p384', ec('P-384')],
    ['ecdsa-p521', ec('P-521')],
    ['ed25519', ed25519],
    ['rsa-2048', rsa2048],
    ['rsa-3072', rsa(3072)],
  ])('reads %s', (algorithm, spki) => {
    const key = parseSpki(spki);
    expect(key.algorithm).toBe(algorithm);
    expect(key.spki).toEqual(spki);
    expect(key.id).toEqual(hash('sha256', spki));
    expect(exportSpki(key.keyObject)).toEqual(spki);
  });

  it('keeps a copy', () => {
    const spki = Uint8Array.from(p256);
    const key = parseSpki(spki);
    spki.fill(0);
    expect(key.spki).toEqual(p256);
  });

  it('takes RSA from 2048 to 8192 bits', () => {
    // No prime factors are needed to be parsed: any odd number of that length is a modulus.
    const modulus = (bits: bigint) => (1n << (bits - 1n)) + 1n;
    expect(parseSpki(rsaSpki(modulus(2048n), 65537n)).algorithm).toBe('rsa-2048');
    expect(parseSpki(rsaSpki(modulus(8192n), 65537n)).algorithm).toBe('rsa-8192');
    for (const bits of [512n, 2047n, 8193n, 16384n]) {
      expect(() => parseSpki(rsaSpki(modulus(bits), 65537n))).toThrow(refusal('ERR_UNSUPPORTED'));
    }
  });

  it('takes odd RSA exponents from 3 to 2^31 - 1', () => {
    const modulus = (1n << 2047n) + 1n;
    for (const exponent of [3n, 17n, 65537n, 2n ** 31n - 1n]) {
      expect(parseSpki(rsaSpki(modulus, exponent)).algorithm).toBe('rsa-2048');
    }
    for (const exponent of [1n, 2n, 4n, 65536n, 2n ** 31n, 2n ** 31n + 1n, 2n ** 2000n + 1n]) {
      expect(() => parseSpki(rsaSpki(modulus, exponent))).toThrow(refusal('ERR_UNSUPPORTED'));
    }
  });

  it.each<[string, Uint8Array]>([
    ['P-224', ec('secp224r1')],
    ['secp256k1', ec('secp256k1')],
    ['a curve without a name', exportSpki(explicitCurve())],
    [
      'a compressed point',
      ecSpki(
        p256Oid,
        Uint8Array.from(crypto.ECDH.convertKey(point, 'prime256v1', undefined, undefined, 'compressed') as Buffer),
      ),
    ],
    ['X25519', exportSpki(crypto.generateKeyPairSync('x25519').publicKey)],
    ['Ed448', exportSpki(crypto.generateKeyPairSync('ed448').publicKey)],
    ['RSA for PSS only', exportSpki(crypto.generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey)],
    ['DSA', exportSpki(crypto.generateKeyPairSync('dsa', { modulusLength: 2048, divisorLength: 256 }).publicKey)],
  ])('does not support %s', (_name, spki) => {
    expect(() => parseSpki(spki)).toThrow(refusal('ERR_UNSUPPORTED'));
  });

  const odd = (1n << 2047n) + 1n;
  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['a byte after', concat(p256, Uint8Array.of(0))],
    ['a byte missing', p256.subarray(0, -1)],
    ['a member more', der.sequence(readDer(p256).contents, der.null())],
    ['no key', der.sequence(der.sequence(ecOid, p256Oid))],
    ['no curve', der.sequence(der.sequence(ecOid), der.bitString(point))],
    ['two curves', der.sequence(der.sequence(ecOid, p256Oid, p256Oid), der.bitString(point))],
    ['unused bits', der.sequence(der.sequence(ecOid, p256Oid), der.bitString(replace(point, 64, 0), 1))],
    ['a hybrid point', ecSpki(p256Oid, replace(point, 0, 6 + ((point[64] ?? 0) & 1)))],
    ['the point at infinity', ecSpki(p256Oid, Uint8Array.of(0))],
    ['a point too short', ecSpki(p256Oid, point.subarray(0, -1))],
    ['a point too long', ecSpki(p256Oid, concat(point, Uint8Array.of(0)))],
    ['a point off the curve', ecSpki(p256Oid, replace(point, 64, (point[64] ?? 0) ^ 1))],
    ['coordinates not reduced', ecSpki(p256Oid, concat(Uint8Array.of(4), new Uint8Array(64).fill(255)))],
    ['a P-256 point on P-384', ecSpki(der.oid('1.3.132.0.34'), point)],
    ['RSA without NULL', rsaSpki(odd, 65537n, der.sequence(der.oid('1.2.840.113549.1.1.1')))],
    ['RSA with other parameters', rsaSpki(odd, 65537n, der.sequence(der.oid('1.2.840.113549.1.1.1'), ecOid))],
    ['an even modulus', rsaSpki(1n << 2047n, 65537n)],
    ['a negative modulus', rsaSpki(-odd, 65537n)],
    ['a negative exponent', rsaSpki(odd, -65537n)],
    ['a modulus of 0', rsaSpki(0n, 65537n)],
    ['an exponent of 0', rsaSpki(odd, 0n)],
    [
      'a third RSA number',
      der.sequence(rsaAlgorithm, der.bitString(der.sequence(der.integer(odd), der.integer(3), der.integer(1)))),
    ],
    [
      'a byte after the RSA numbers',
      der.sequence(
        rsaAlgorithm,
        der.bitString(concat(der.sequence(der.integer(odd), der.integer(3)), Uint8Array.of(0))),
      ),
    ],
    [
      'a leading zero in the modulus',
      der.sequence(
        rsaAlgorithm,
        der.bitString(der.sequence(der.value(2, new Uint8Array(2), new Uint8Array(256).fill(255)), der.integer(3))),
      ),
    ],
    [
      'Ed25519 with parameters',
      der.sequence(der.sequence(der.oid('1.3.101.112'), der.null()), der.bitString(ed25519.subarray(12))),
    ],
    ['31 octets of Ed25519', der.sequence(der.sequence(der.oid('1.3.101.112')), der.bitString(ed25519.subarray(13)))],
    [
      'an Ed25519 key of small order',
      concat(fromHex('302a300506032b6570032100'), Uint8Array.of(1), new Uint8Array(31)),
    ],
    ['PEM', new TextEncoder().encode('-----BEGIN PUBLIC KEY-----')],
  ])('refuses %s', (_name, spki) => {
    expect(() => parseSpki(spki)).toThrow(refusal('ERR_MALFORMED'));
  });

  it('takes of edited keys only what node writes the same way, and refuses the rest by code', () => {
    fc.assert(
      fc.property(fc.constantFrom(p256, ed25519, rsa2048), fc.nat(), fc.nat(255), (spki, at, octet) => {
        const edited = replace(spki, at % spki.length, octet);
        let key: PublicKey;
        try {
          key = parseSpki(edited);
        } catch (error) {
          expect(hasCode(error, 'ERR_MALFORMED', 'ERR_UNSUPPORTED')).toBe(true);
          return;
        }
        expect(exportSpki(key.keyObject)).toEqual(edited);
      }),
      { numRuns: 500 },
    );
  });
});

describe('PublicKey.from', () => {
  it('returns its own keys, and parses plain data whatever it claims', () => {
    const key = parseSpki(p256);
    expect(PublicKey.from(key)).toBe(key);
    const plain = { spki: rsa2048, algorithm: 'ecdsa-p256' };
    expect(PublicKey.from(plain).algorithm).toBe('rsa-2048');
  });
});

describe('verifierName', () => {
  it('is the addon where it was built and is not switched off', () => {
    const folder = new URL('../native/build/', import.meta.url);
    const name = `verify-${process.platform}-${process.arch}-${process.versions.modules}.node`;
    const built = existsSync(folder) && readdirSync(folder).includes(name);
    expect(verifierName).toBe(built && process.env.COUNTERSIGN_NO_NATIVE !== '1' ? 'native' : 'pure');
  });
});

function explicitCurve(): crypto.KeyObject {
  const { publicKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' });
  return publicKey;
}
