import { concat, fromHex } from '@countersign/encoding';
import { ed25519, ed25519ph } from '@noble/curves/ed25519.js';
import fc from 'fast-check';
import { readEd25519Point, verifyEd25519ph } from './ed25519ph.ts';
import { hash } from './hash.ts';
import { flip, toNumber, toOctets } from './testing/octets.ts';

const order = ed25519.Point.Fn.ORDER;
const reversed = (bytes: Uint8Array) => Uint8Array.from(bytes).reverse();

/** RFC 8032 §7.3. */
const published = {
  secretKey: fromHex('833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42'),
  publicKey: fromHex('ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf'),
  digest: hash('sha512', new TextEncoder().encode('abc')),
  signature: fromHex(
    '98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41' +
      '31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406',
  ),
};

function check({ publicKey, digest, signature }: typeof published): boolean {
  return verifyEd25519ph(readEd25519Point(publicKey), publicKey, digest, signature);
}

/** The encodings of the points of small order, the two of them with y not reduced too (RFC 7748's curve has eight such points). */
const smallOrder = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
].map(fromHex);

describe('Ed25519ph over a digest', () => {
  it('verifies the vector of RFC 8032', () => {
    expect(check(published)).toBe(true);
  });

  it('verifies what another implementation signs, and not a flip of any bit of it', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.nat(511), fc.nat(511), (message, inDigest, inSignature) => {
        const { secretKey, publicKey } = ed25519ph.keygen();
        const made = {
          publicKey,
          digest: hash('sha512', message),
          signature: ed25519ph.sign(message, secretKey),
          secretKey,
        };
        expect(check(made)).toBe(true);
        expect(check({ ...made, digest: flip(made.digest, inDigest) })).toBe(false);
        expect(check({ ...made, signature: flip(made.signature, inSignature) })).toBe(false);
        expect(check({ ...made, publicKey: ed25519ph.keygen().publicKey })).toBe(false);
      }),
      { numRuns: 10 },
    );
  });

  it('refuses a pure signature over the digest, and one with a context', () => {
    const { secretKey, digest } = published;
    expect(check({ ...published, signature: ed25519.sign(digest, secretKey) })).toBe(false);
    const context = Uint8Array.of(1);
    const signature = ed25519ph.sign(new TextEncoder().encode('abc'), secretKey, { context });
    expect(check({ ...published, signature })).toBe(false);
  });

  it('refuses S of the order and above', () => {
    const r = published.signature.subarray(0, 32);
    const s = toNumber(reversed(published.signature.subarray(32)));
    const withS = (value: bigint) => check({ ...published, signature: concat(r, reversed(toOctets(value, 32))) });
    expect(withS(s)).toBe(true);
    for (let value = s + order; value < 2n ** 256n; value += order) expect(withS(value)).toBe(false);
  });

  it('refuses a signature of another length', () => {
    const { signature } = published;
    for (const wrong of [new Uint8Array(), signature.subarray(0, 63), concat(signature, Uint8Array.of(0))]) {
      expect(check({ ...published, signature: wrong })).toBe(false);
    }
  });

  it('refuses an R with a component of small order, which the equation with cofactor would take', () => {
    const torsion = ed25519.Point.fromBytes(smallOrder[4] ?? new Uint8Array());
    const { secretKey, publicKey, digest } = published;
    const { scalar } = ed25519.utils.getExtendedPublicKey(secretKey);
    const nonce = 12345n;
    const r = ed25519.Point.BASE.multiply(nonce).add(torsion).toBytes();
    const domain = concat(new TextEncoder().encode('SigEd25519 no Ed25519 collisions'), Uint8Array.of(1, 0));
    const k = toNumber(reversed(hash('sha512', concat(domain, r, publicKey, digest)))) % order;
    const s = (nonce + k * scalar) % order;
    const signature = concat(r, reversed(toOctets(s, 32)));
    expect(ed25519ph.verify(signature, new TextEncoder().encode('abc'), publicKey, { zip215: true })).toBe(true);
    expect(check({ ...published, signature })).toBe(false);
  });

  it.each(
    smallOrder.map((point) => [Buffer.from(point).toString('hex'), point]),
  )('refuses the small-order key %s', (_hex, point) => {
    expect(() => readEd25519Point(point)).toThrow(expect.objectContaining({ code: 'ERR_MALFORMED' }));
  });

  it('refuses a key whose y is not reduced, or that is not on the curve', () => {
    const p = 2n ** 255n - 19n;
    const offCurve = reversed(toOctets(2n, 32));
    for (const y of [p, p + 1n, p + 3n, 2n ** 255n - 1n]) {
      for (const sign of [0n, 2n ** 255n]) {
        const key = reversed(toOctets(y | sign, 32));
        expect(() => readEd25519Point(key)).toThrow(expect.objectContaining({ code: 'ERR_MALFORMED' }));
      }
    }
    expect(() => readEd25519Point(offCurve)).toThrow(expect.objectContaining({ code: 'ERR_MALFORMED' }));
    expect(() => readEd25519Point(published.publicKey.subarray(1))).toThrow(
      expect.objectContaining({ code: 'ERR_MALFORMED' }),
    );
  });
});
