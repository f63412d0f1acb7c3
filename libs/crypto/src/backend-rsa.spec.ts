import * as crypto from 'node:crypto';
import { concat, der } from '@countersign/encoding';
import fc from 'fast-check';
import type { HashAlgorithm } from './algorithm.ts';
import type { DigestKeyMaterial } from './backend.ts';
import { encodePkcs1 } from './emsa-pkcs1.ts';
import { mgf1 } from './emsa-pss.ts';
import { hash } from './hash.ts';
import { eachBackend, loadKey, materialOf } from './testing/backends.ts';
import { flip, longForm, replace, toNumber, toOctets } from './testing/octets.ts';

const message = new TextEncoder().encode('what was signed');
const digest = hash('sha256', message);
const hashes: readonly HashAlgorithm[] = ['sha256', 'sha384', 'sha512'];

const makeKey = (modulusLength: number, publicExponent = 65537) =>
  crypto.generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey;
const rsa = makeKey(2048);
const cubic = makeKey(2048, 3);
/** The PSS message is an octet shorter than its modulus. */
const roomy = makeOddKey();
const keys = [
  { name: 'RSA of 2048 bits', key: rsa },
  { name: 'RSA of 2049 bits', key: roomy },
  { name: 'RSA with e = 3', key: cubic },
];

const signPss = (key: crypto.KeyObject, algorithm: HashAlgorithm, saltLength: number) =>
  crypto.sign(algorithm, message, { key, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength });
/** The private operation on an encoded message of our making. */
const signRaw = (encoded: Uint8Array, key = rsa) =>
  crypto.privateEncrypt({ key, padding: crypto.constants.RSA_NO_PADDING }, encoded);

const good = encodePkcs1('sha256', digest, 256);
const info = good.subarray(256 - 51);
const sha256Oid = der.oid('2.16.840.1.101.3.4.2.1');
/** 00 01 ff… 00 and `tail`, 256 octets in all. */
const pad = (tail: Uint8Array) =>
  concat(Uint8Array.of(0, 1), new Uint8Array(253 - tail.length).fill(0xff), Uint8Array.of(0), tail);
/** Eight octets of padding, `tail`, and garbage up to 256 octets. */
const padShort = (tail: Uint8Array) =>
  concat(Uint8Array.of(0, 1), new Uint8Array(8).fill(0xff), Uint8Array.of(0), tail, new Uint8Array(245 - tail.length));
const infoOf = (algorithm: readonly Uint8Array[], value = digest) =>
  der.sequence(der.sequence(...algorithm), der.octetString(value));

eachBackend((backend) => {
  describe.each(keys)('$name', ({ key }) => {
    const verify = loadKey(backend, key);

    it.each(hashes)('verifies PKCS#1 v1.5 over %s', (algorithm) => {
      const signature = crypto.sign(algorithm, message, key);
      const value = hash(algorithm, message);
      expect(verify('pkcs1', algorithm, value, signature)).toBe(true);
      expect(verify('pkcs1', algorithm, flip(value, 3), signature)).toBe(false);
      expect(verify('pss', algorithm, value, signature)).toBe(false);
      expect(verify('ecdsa', algorithm, value, signature)).toBe(false);
    });

    it.each(hashes)('verifies PSS over %s with a salt of any length', (algorithm) => {
      const value = hash(algorithm, message);
      const { RSA_PSS_SALTLEN_DIGEST, RSA_PSS_SALTLEN_MAX_SIGN } = crypto.constants;
      for (const salt of [0, 1, 20, RSA_PSS_SALTLEN_DIGEST, RSA_PSS_SALTLEN_MAX_SIGN]) {
        const signature = signPss(key, algorithm, salt);
        expect(verify('pss', algorithm, value, signature)).toBe(true);
        expect(verify('pss', algorithm, flip(value, 0), signature)).toBe(false);
        expect(verify('pkcs1', algorithm, value, signature)).toBe(false);
      }
    });

    it('refuses a flip of any bit', () => {
      const pkcs1 = crypto.sign('sha256', message, key);
      const pss = signPss(key, 'sha256', 32);
      fc.assert(
        fc.property(fc.nat(2047), fc.nat(255), (inSignature, inDigest) => {
          for (const [scheme, signature] of [['pkcs1', pkcs1] as const, ['pss', pss] as const]) {
            expect(verify(scheme, 'sha256', digest, flip(signature, inSignature))).toBe(false);
            expect(verify(scheme, 'sha256', flip(digest, inDigest), signature)).toBe(false);
          }
        }),
        { numRuns: 50 },
      );
    });

    it('refuses a signature that is not as long as the modulus', () => {
      for (const [scheme, signature] of [
        ['pkcs1', crypto.sign('sha256', message, key)],
        ['pss', signPss(key, 'sha256', 32)],
      ] as const) {
        const check = (bytes: Uint8Array) => verify(scheme, 'sha256', digest, bytes);
        expect(check(signature)).toBe(true);
        expect(check(concat(Uint8Array.of(0), signature))).toBe(false);
        expect(check(concat(signature, Uint8Array.of(0)))).toBe(false);
        expect(check(signature.subarray(1))).toBe(false);
        expect(check(signature.subarray(0, -1))).toBe(false);
        expect(check(new Uint8Array())).toBe(false);
      }
    });

    it.each(['pkcs1', 'pss'] as const)('refuses a %s signature that lost its leading zero', (scheme) => {
      const leading = findLeadingZero(key, scheme);
      expect(verify(scheme, 'sha256', leading.digest, leading.signature)).toBe(true);
      expect(verify(scheme, 'sha256', leading.digest, leading.signature.subarray(1))).toBe(false);
    });

    it('refuses numbers that are not below the modulus, and those every key maps to themselves', () => {
      const { modulus } = materialOf(key) as DigestKeyMaterial & { type: 'rsa' };
      const n = toNumber(modulus);
      const { digest: small, signature } = findLeadingZero(key, 'pkcs1');
      const s = toNumber(signature);
      expect(verify('pkcs1', 'sha256', small, toOctets(s, modulus.length))).toBe(true);
      for (const forged of [s + n, n, n + 1n, n - 1n, 0n, 1n]) {
        expect(verify('pkcs1', 'sha256', small, toOctets(forged, modulus.length))).toBe(false);
        expect(verify('pss', 'sha256', small, toOctets(forged, modulus.length))).toBe(false);
      }
    });
  });

  describe('PKCS#1 v1.5 encodings', () => {
    const check = (encoded: Uint8Array) => loadKey(backend, rsa)('pkcs1', 'sha256', digest, signRaw(encoded));

    it('takes the one that is right', () => {
      expect(pad(infoOf([sha256Oid, der.null()]))).toEqual(good);
      expect(check(good)).toBe(true);
    });

    it.each<[string, Uint8Array]>([
      ['no parameters', pad(infoOf([sha256Oid]))],
      ['parameters that are not NULL', pad(infoOf([sha256Oid, der.octetString(new Uint8Array(8))]))],
      ['garbage in the algorithm', pad(infoOf([sha256Oid, der.null(), der.octetString(new Uint8Array(100))]))],
      ['garbage in NULL', pad(infoOf([sha256Oid, der.value(5, new Uint8Array(90))]))],
      ['garbage in DigestInfo', pad(der.value(0x30, info.subarray(2), der.octetString(new Uint8Array(90))))],
      ['garbage after DigestInfo', pad(concat(info, new Uint8Array(90)))],
      ['short padding and garbage', padShort(info)],
      ['a digest without DigestInfo', pad(digest)],
      ['another hash', pad(infoOf([der.oid('2.16.840.1.101.3.4.2.3'), der.null()]))],
      ['a digest a byte longer', pad(infoOf([sha256Oid, der.null()], concat(digest, Uint8Array.of(0))))],
      ['a length in the longer form', pad(longForm(info))],
      ['block type 0', replace(good, 1, 0)],
      ['block type 2', replace(good, 1, 2)],
      ['padding of fe', replace(good, 50, 0xfe)],
      ['padding that ends early', replace(good, 50, 0)],
      ['no padding', concat(Uint8Array.of(0, 1, 0), info, new Uint8Array(253 - info.length))],
      ['no zero after the padding', replace(good, 256 - 52, 0xff)],
    ])('refuses %s', (_name, encoded) => {
      expect(encoded.length).toBe(256);
      expect(check(encoded)).toBe(false);
    });

    it('refuses a forgery that needs no private key: a cube root, under e = 3', () => {
      const forged = cubeRoot(toNumber(replaceTail(padShort(info), 11 + info.length, 0xff)));
      const prefix = toOctets(forged ** 3n, 256).subarray(0, 11 + info.length);
      expect(prefix).toEqual(padShort(info).subarray(0, 11 + info.length));
      expect(loadKey(backend, cubic)('pkcs1', 'sha256', digest, toOctets(forged, 256))).toBe(false);
    });
  });

  describe('PSS encodings', () => {
    const check = (encoded: Uint8Array) => loadKey(backend, rsa)('pss', 'sha256', digest, signRaw(encoded));

    it('takes what is right', () => {
      expect(check(encodePss({}))).toBe(true);
      expect(check(encodePss({ salt: new Uint8Array() }))).toBe(true);
      expect(check(encodePss({ salt: new Uint8Array(222) }))).toBe(true);
    });

    it.each<[string, Parameters<typeof encodePss>[0]]>([
      ['another trailer', { trailer: 0xcc }],
      ['another separator', { separator: 2 }],
      ['no separator', { separator: 0, salt: new Uint8Array(32) }],
      ['padding that is not zero', { padding: 0x40 }],
      ['MGF1 with another hash', { mgfHash: 'sha512' }],
      ['eight octets before the digest that are not zero', { zeros: new Uint8Array(8).fill(1) }],
    ])('refuses %s', (_name, fault) => {
      expect(check(encodePss(fault))).toBe(false);
    });

    it('refuses the highest bit, which no message has', () => {
      let encoded = encodePss({});
      // Below the modulus the bit can be set only where what follows is small enough.
      for (let salt = 0; (encoded[0] ?? 0) > 0x20; salt++) encoded = encodePss({ salt: new Uint8Array(32).fill(salt) });
      expect(check(encoded)).toBe(true);
      expect(check(flip(encoded, 0))).toBe(false);
    });

    it('refuses an octet before the message, where the modulus leaves room for one', () => {
      const { modulus, bits } = materialOf(roomy) as DigestKeyMaterial & { type: 'rsa' };
      expect(bits).toBe(2049);
      const check = (encoded: Uint8Array) => loadKey(backend, roomy)('pss', 'sha256', digest, signRaw(encoded, roomy));
      for (let salt = 0; ; salt++) {
        const message = encodePss({ salt: new Uint8Array(32).fill(salt), spareMask: 0xff });
        expect(check(concat(Uint8Array.of(0), message))).toBe(true);
        const filled = concat(Uint8Array.of(1), message);
        if (toNumber(filled) >= toNumber(modulus)) continue;
        expect(check(filled)).toBe(false);
        break;
      }
    });

    it('refuses the message of another hash', () => {
      const verify = loadKey(backend, rsa);
      expect(verify('pss', 'sha512', hash('sha512', message), signRaw(encodePss({})))).toBe(false);
    });
  });
});

interface PssFaults {
  readonly salt?: Uint8Array;
  readonly trailer?: number;
  readonly separator?: number;
  readonly padding?: number;
  readonly mgfHash?: HashAlgorithm;
  readonly zeros?: Uint8Array;
  readonly spareMask?: number;
}

/** EMSA-PSS-ENCODE (RFC 8017 §9.1.1) in 256 octets with SHA-256, with faults to order. */
function encodePss({ salt = new Uint8Array(32).fill(9), ...faults }: PssFaults): Uint8Array {
  const seed = hash('sha256', concat(faults.zeros ?? new Uint8Array(8), digest, salt));
  const block = new Uint8Array(256 - 32 - 1);
  block[1] = faults.padding ?? 0;
  block[block.length - salt.length - 1] = faults.separator ?? 1;
  block.set(salt, block.length - salt.length);
  const masked = mgf1(faults.mgfHash ?? 'sha256', seed, block.length).map((octet, i) => octet ^ (block[i] ?? 0));
  masked[0] = (masked[0] ?? 0) & (faults.spareMask ?? 0x7f);
  return concat(masked, seed, Uint8Array.of(faults.trailer ?? 0xbc));
}

/** A signature that begins with a zero octet, and what it signs. */
function findLeadingZero(
  key: crypto.KeyObject,
  scheme: 'pkcs1' | 'pss',
): { digest: Uint8Array; signature: Uint8Array } {
  const { RSA_PKCS1_PADDING, RSA_PKCS1_PSS_PADDING } = crypto.constants;
  const padding = scheme === 'pss' ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING;
  for (let i = 0; ; i++) {
    const text = new TextEncoder().encode(String(i));
    const signature = crypto.sign('sha256', text, { key, padding });
    if (signature[0] === 0) return { digest: hash('sha256', text), signature };
  }
}

/** A key of 2049 bits, which OpenSSL makes of 2048. */
function makeOddKey(): crypto.KeyObject {
  const e = 65537n;
  const [p, q] = [crypto.generatePrimeSync(1025, { bigint: true }), crypto.generatePrimeSync(1024, { bigint: true })];
  const d = invert(e, (p - 1n) * (q - 1n));
  const numbers = { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: invert(q, p) };
  const encoded = Object.entries(numbers).map(([name, n]) => [name, Buffer.from(toOctets(n)).toString('base64url')]);
  return crypto.createPrivateKey({ format: 'jwk', key: { kty: 'RSA', ...Object.fromEntries(encoded) } });
}

/** The inverse of `a` modulo `m`, by Euclid. */
function invert(a: bigint, m: bigint): bigint {
  let [r0, r1, t0, t1] = [m, a % m, 0n, 1n];
  while (r1 > 0n) [r0, r1, t0, t1] = [r1, r0 % r1, t1, t0 - (r0 / r1) * t1];
  return ((t0 % m) + m) % m;
}

function replaceTail(bytes: Uint8Array, from: number, octet: number): Uint8Array {
  return Uint8Array.from(bytes).fill(octet, from);
}

/** The largest number whose cube is not above `value`. */
function cubeRoot(value: bigint): bigint {
  let root = 0n;
  for (let bit = 1n << BigInt((value.toString(2).length / 3 + 1) | 0); bit > 0n; bit >>= 1n) {
    if ((root + bit) ** 3n <= value) root += bit;
  }
  return root;
}
