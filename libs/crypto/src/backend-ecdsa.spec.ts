import * as crypto from 'node:crypto';
import { concat, der, readDer } from '@countersign/encoding';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import fc from 'fast-check';
import { curves, type HashAlgorithm } from './algorithm.ts';
import type { DigestKeyMaterial } from './backend.ts';
import { hash } from './hash.ts';
import { eachBackend, loadKey, materialOf } from './testing/backends.ts';
import { flip, longForm, overlong, toOctets } from './testing/octets.ts';

const message = new TextEncoder().encode('what was signed');
const hashes: readonly HashAlgorithm[] = ['sha256', 'sha384', 'sha512'];

const orders = { 'P-256': p256.Point.Fn.ORDER, 'P-384': p384.Point.Fn.ORDER, 'P-521': p521.Point.Fn.ORDER } as const;

/** RFC 6979 §A.2.5 to §A.2.7: the curves' keys, and the signatures over `sample`. */
const published = [
  {
    curve: 'P-256',
    x: 0x60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6n,
    y: 0x7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299n,
    signatures: {
      sha256: [
        0xefd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716n,
        0xf7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8n,
      ],
      sha384: [
        0x0eafea039b20e9b42309fb1d89e213057cbf973dc0cfc8f129edddc800ef7719n,
        0x4861f0491e6998b9455193e34e7b0d284ddd7149a74b95b9261f13abde940954n,
      ],
      sha512: [
        0x8496a60b5e9b47c825488827e0495b0e3fa109ec4568fd3f8d1097678eb97f00n,
        0x2362ab1adbe2b8adf9cb9edab740ea6049c028114f2460f96554f61fae3302fen,
      ],
    },
  },
  {
    curve: 'P-384',
    x: 0xec3a4e415b4e19a4568618029f427fa5da9a8bc4ae92e02e06aae5286b300c64def8f0ea9055866064a254515480bc13n,
    y: 0x8015d9b72d7d57244ea8ef9ac0c621896708a59367f9dfb9f54ca84b3f1c9db1288b231c3ae0d4fe7344fd2533264720n,
    signatures: {
      sha256: [
        0x21b13d1e013c7fa1392d03c5f99af8b30c570c6f98d4ea8e354b63a21d3daa33bde1e888e63355d92fa2b3c36d8fb2cdn,
        0xf3aa443fb107745bf4bd77cb3891674632068a10ca67e3d45db2266fa7d1feebefdc63eccd1ac42ec0cb8668a4fa0ab0n,
      ],
      sha384: [
        0x94edbb92a5ecb8aad4736e56c691916b3f88140666ce9fa73d64c4ea95ad133c81a648152e44acf96e36dd1e80fabe46n,
        0x99ef4aeb15f178cea1fe40db2603138f130e740a19624526203b6351d0a3a94fa329c145786e679e7b82c71a38628ac8n,
      ],
      sha512: [
        0xed0959d5880ab2d869ae7f6c2915c6d60f96507f9cb3e047c0046861da4a799cfe30f35cc900056d7c99cd7882433709n,
        0x512c8cceee3890a84058ce1e22dbc2198f42323ce8aca9135329f03c068e5112dc7cc3ef3446defceb01a45c2667fdd5n,
      ],
    },
  },
  {
    curve: 'P-521',
    x: 0x1894550d0785932e00eaa23b694f213f8c3121f86dc97a04e5a7167db4e5bcd371123d46e45db6b5d5370a7f20fb633155d38ffa16d2bd761dcac474b9a2f5023a4n,
    y: 0x0493101c962cd4d2fddf782285e64584139c2f91b47f87ff82354d6630f746a28a0db25741b5b34a828008b22acc23f924faafbd4d33f81ea66956dfeaa2bfdfcf5n,
    signatures: {
      sha256: [
        0x1511bb4d675114fe266fc4372b87682baecc01d3cc62cf2303c92b3526012659d16876e25c7c1e57648f23b73564d67f61c6f14d527d54972810421e7d87589e1a7n,
        0x04a171143a83163d6df460aaf61522695f207a58b95c0644d87e52aa1a347916e4f7a72930b1bc06dbe22ce3f58264afd23704cbb63b29b931f7de6c9d949a7ecfcn,
      ],
      sha384: [
        0x1ea842a0e17d2de4f92c15315c63ddf72685c18195c2bb95e572b9c5136ca4b4b576ad712a52be9730627d16054ba40cc0b8d3ff035b12ae75168397f5d50c67451n,
        0x1f21a3cee066e1961025fb048bd5fe2b7924d0cd797babe0a83b66f1e35eeaf5fde143fa85dc394a7dee766523393784484bdf3e00114a1c857cde1aa203db65d61n,
      ],
      sha512: [
        0x0c328fafcbd79dd77850370c46325d987cb525569fb63c5d3bc53950e6d4c5f174e25a1ee9017b5d450606add152b534931d7d4e8455cc91f9b15bf05ec36e377fan,
        0x0617cce7cf5064806c467f678d3b4080d6f1cc50af26ca209417308281b68af282623eaa63e5b5c0723d8b8c37ff0777b1a20f8ccb1dccc43997f1ee0e44da4a67an,
      ],
    },
  },
] as const;

const keys = curves.map(({ openssl }) => ({
  name: openssl,
  key: crypto.generateKeyPairSync('ec', { namedCurve: openssl }).privateKey,
}));

function readSignature(signature: Uint8Array): { r: bigint; s: bigint } {
  const [r = 0n, s = 0n] = readDer(signature)
    .children()
    .map((value) => value.integer());
  return { r, s };
}

eachBackend((backend) => {
  describe.each(keys)('ECDSA on $name', ({ name, key }) => {
    const verify = loadKey(backend, key);
    const digest = hash('sha256', message);
    const signature = crypto.sign('sha256', message, key);
    const { r, s } = readSignature(signature);
    const n = orders[name];
    const check = (bytes: Uint8Array) => verify('ecdsa', 'sha256', digest, bytes);
    const encode = (first: bigint, second: bigint) => der.sequence(der.integer(first), der.integer(second));

    it.each(hashes)('verifies over %s, longer or shorter than the order', (algorithm) => {
      const good = crypto.sign(algorithm, message, key);
      expect(verify('ecdsa', algorithm, hash(algorithm, message), good)).toBe(true);
      expect(verify('ecdsa', algorithm, hash(algorithm, Uint8Array.of(1)), good)).toBe(false);
    });

    it('takes s and n - s alike', () => {
      expect(check(encode(r, s))).toBe(true);
      expect(check(encode(r, n - s))).toBe(true);
    });

    it.each<[string, Uint8Array]>([
      ['r = 0', encode(0n, s)],
      ['s = 0', encode(r, 0n)],
      ['both 0', encode(0n, 0n)],
      ['r = n', encode(n, s)],
      ['s = n', encode(r, n)],
      ['both n', encode(n, n)],
      ['r + n', encode(r + n, s)],
      ['s + n', encode(r, s + n)],
      ['-r', encode(-r, s)],
      ['-s', encode(r, -s)],
      ['r - n', encode(r - n, s)],
      ['r and s swapped', encode(s, r)],
      ['a huge r', encode(1n << 4096n, s)],
      ['a third integer', der.sequence(der.integer(r), der.integer(s), der.integer(1))],
      ['one integer', der.sequence(der.integer(r))],
      ['a byte after', concat(signature, Uint8Array.of(0))],
      ['a NULL inside', der.sequence(der.integer(r), der.integer(s), der.null())],
      ['a leading zero in r', der.sequence(overlong(der.integer(r)), der.integer(s))],
      ['a leading zero in s', der.sequence(der.integer(r), overlong(der.integer(s)))],
      // P-521's values do not fill their octets, so that the highest bit has to be set by hand.
      ['r without its sign octet', der.sequence(der.value(2, toOctets(r | (1n << 1023n))), der.integer(s))],
      ['an empty integer', der.sequence(der.value(2), der.integer(s))],
      ['a SET', der.value(0x31, der.integer(r), der.integer(s))],
      ['octet strings', der.sequence(der.octetString(toOctets(r)), der.octetString(toOctets(s)))],
      ['its length in the longer form', longForm(signature)],
      ['indefinite length', concat(Uint8Array.of(0x30, 0x80), readDer(signature).contents, new Uint8Array(2))],
      ['a byte missing', signature.subarray(0, -1)],
      ['nothing', new Uint8Array()],
      ['IEEE P1363', crypto.sign('sha256', message, { key, dsaEncoding: 'ieee-p1363' })],
    ])('refuses %s', (_name, bytes) => {
      expect(check(bytes)).toBe(false);
    });

    it('refuses a flip of any bit of signature or digest', () => {
      fc.assert(
        fc.property(fc.nat(signature.length * 8 - 1), fc.nat(255), (inSignature, inDigest) => {
          expect(check(flip(signature, inSignature))).toBe(false);
          expect(verify('ecdsa', 'sha256', flip(digest, inDigest), signature)).toBe(false);
        }),
        { numRuns: 20 },
      );
    });

    it('loads no point that is not on the curve', () => {
      const { point, ...rest } = materialOf(key) as DigestKeyMaterial & { type: 'ec' };
      const size = point.length - 1;
      expect(backend.load({ ...rest, point })).toBeDefined();
      expect(backend.load({ ...rest, point: flip(point, point.length * 8 - 1) })).toBeUndefined();
      expect(backend.load({ ...rest, point: concat(Uint8Array.of(4), new Uint8Array(size)) })).toBeUndefined();
      expect(
        backend.load({ ...rest, point: concat(Uint8Array.of(4), new Uint8Array(size).fill(255)) }),
      ).toBeUndefined();
    });

    it('does no RSA', () => {
      expect(verify('pkcs1', 'sha256', digest, signature)).toBe(false);
      expect(verify('pss', 'sha256', digest, signature)).toBe(false);
    });
  });

  describe.each(published)('RFC 6979 on $curve', ({ curve: name, x, y, signatures }) => {
    it.each(hashes)('verifies the signature over %s', (algorithm) => {
      const curve = curves.find(({ openssl }) => openssl === name);
      if (!curve) throw new Error('no such curve');
      const point = concat(Uint8Array.of(4), toOctets(x, curve.size), toOctets(y, curve.size));
      const verify = backend.load({ type: 'ec', curve, point });
      const [r, s] = signatures[algorithm];
      const signature = der.sequence(der.integer(r), der.integer(s));
      expect(verify?.('ecdsa', algorithm, hash(algorithm, new TextEncoder().encode('sample')), signature)).toBe(true);
      expect(verify?.('ecdsa', algorithm, hash(algorithm, new TextEncoder().encode('test')), signature)).toBe(false);
    });
  });
});
