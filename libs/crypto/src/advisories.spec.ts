import * as crypto from 'node:crypto';
import { concat, type DerValue, der, readDer } from '@countersign/encoding';
import { parseCertificate } from './certificate.ts';
import { verifyChain } from './chain.ts';
import { encodePkcs1 } from './emsa-pkcs1.ts';
import { hash } from './hash.ts';
import { parseSpki } from './public-key.ts';
import { eachBackend, loadKey } from './testing/backends.ts';
import { authority, extension, make, nameOf, newKey, now, type Recipe, signedWith } from './testing/certificates.ts';
import { overlong, replace, toNumber, toOctets } from './testing/octets.ts';
import { verify } from './verify.ts';

// Advisories of other libraries, each against this one. What they found there must not pass here.
const message = new TextEncoder().encode('what was signed');
const digest = hash('sha256', message);
const sha256Oid = der.oid('2.16.840.1.101.3.4.2.1');
const refusal = (code: string) => expect.objectContaining({ code });

eachBackend((backend) => {
  describe('PKCS#1 v1.5 signatures', () => {
    const key = crypto.generateKeyPairSync('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey;
    const check = (encoded: Uint8Array) => {
      const signature = crypto.privateEncrypt({ key, padding: crypto.constants.RSA_NO_PADDING }, encoded);
      return loadKey(backend, key)('pkcs1', 'sha256', digest, signature);
    };
    const good = encodePkcs1('sha256', digest, 256);
    const info = good.subarray(256 - 51);
    const padded = (tail: Uint8Array, padding = 253 - tail.length) =>
      concat(Uint8Array.of(0, 1), new Uint8Array(padding).fill(0xff), Uint8Array.of(0), tail);
    const withAlgorithm = (...algorithm: readonly Uint8Array[]) =>
      der.sequence(der.sequence(...algorithm), der.octetString(digest));
    const garbage = der.octetString(new Uint8Array(100));

    it('are what these tests make', () => {
      expect(check(good)).toBe(true);
      expect(padded(info)).toEqual(good);
    });

    it.each<[string, Uint8Array]>([
      ['node-forge CVE-2022-24771: another structure of DigestAlgorithm', padded(withAlgorithm(sha256Oid, garbage))],
      ['node-forge CVE-2022-24772: bytes behind DigestInfo', padded(concat(info, new Uint8Array(100)))],
      ['node-forge CVE-2022-24773: no parameters', padded(withAlgorithm(sha256Oid))],
      ['node-forge CVE-2026-33894: short padding', padded(concat(info, new Uint8Array(245 - info.length)), 8)],
      ['node-forge CVE-2026-85393: bytes in DigestAlgorithm', padded(withAlgorithm(sha256Oid, der.null(), garbage))],
      ['jsrsasign CVE-2021-30246: padding of other bytes', replace(good, 20, 0x7f)],
      ['jsrsasign CVE-2021-30246: block type 2', replace(good, 1, 2)],
    ])('%s', (_, encoded) => {
      expect(encoded.length).toBe(256);
      expect(check(encoded)).toBe(false);
    });

    it('jsrsasign CVE-2020-14967: zeros before a signature', () => {
      const signature = crypto.sign('sha256', message, key);
      const verified = loadKey(backend, key);
      expect(verified('pkcs1', 'sha256', digest, signature)).toBe(true);
      expect(verified('pkcs1', 'sha256', digest, concat(Uint8Array.of(0), signature))).toBe(false);
    });

    it('jsrsasign CVE-2020-14968: zeros before a PSS signature', () => {
      const signature = crypto.sign('sha256', message, { key, padding: crypto.constants.RSA_PKCS1_PSS_PADDING });
      const verified = loadKey(backend, key);
      expect(verified('pss', 'sha256', digest, signature)).toBe(true);
      expect(verified('pss', 'sha256', digest, concat(Uint8Array.of(0), signature))).toBe(false);
    });
  });

  describe('ECDSA signatures', () => {
    const key = newKey();
    const [r, s] = readDer(crypto.sign('sha256', message, key)).children();
    const parts = [r?.raw ?? new Uint8Array(), s?.raw ?? new Uint8Array()] as const;
    const check = (signature: Uint8Array) => loadKey(backend, key)('ecdsa', 'sha256', digest, signature);

    it('jsrsasign CVE-2020-14966: numbers that are no DER', () => {
      expect(check(der.sequence(...parts))).toBe(true);
      expect(check(der.sequence(overlong(parts[0]), parts[1]))).toBe(false);
      expect(check(der.sequence(parts[0], overlong(parts[1])))).toBe(false);
      expect(check(der.sequence(...parts, der.null()))).toBe(false);
    });

    it('CVE-2022-21449: zeros, which fit every message', () => {
      const zero = der.integer(0);
      for (const forged of [der.sequence(zero, zero), der.sequence(parts[0], zero), der.sequence(zero, parts[1])]) {
        expect(check(forged)).toBe(false);
      }
    });
  });
});

describe('Ed25519 signatures', () => {
  const { publicKey, privateKey } = crypto.generateKeyPairSync('ed25519');
  const key = parseSpki(publicKey.export({ format: 'der', type: 'spki' }));

  it('node-forge CVE-2026-33895: S of the order and above', () => {
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const signature = crypto.sign(null, message, privateKey);
    const s = toNumber(Uint8Array.from(signature.subarray(32)).reverse());
    const withS = (value: bigint) => concat(signature.subarray(0, 32), toOctets(value, 32).reverse());
    expect(verify(key, { message }, withS(s))).toBe(true);
    expect(verify(key, { message }, withS(s + order))).toBe(false);
  });
});

describe('certificates', () => {
  const keys = [newKey(), newKey(), newKey()] as const;
  const [leafKey, middleKey, rootKey] = keys;
  /** Leaf, intermediate, root. */
  const chain = (leaf: Recipe = {}, middle: Recipe = {}) => [
    make({ subject: nameOf('leaf'), issuer: nameOf('middle'), key: leafKey, signingKey: middleKey, ...leaf }),
    make({
      ...{ subject: nameOf('middle'), issuer: nameOf('root'), key: middleKey, signingKey: rootKey },
      extensions: authority(),
      ...middle,
    }),
    make({ subject: nameOf('root'), issuer: nameOf('root'), key: rootKey, extensions: authority() }),
  ];

  it('are what these tests make', () => verifyChain(chain(), now));

  it('node-forge CVE-2026-33896: an authority without basicConstraints', () => {
    const [, keyUsage] = authority();
    const notCa = extension('2.5.29.19', der.sequence(), true);
    for (const extensions of [[], keyUsage ? [keyUsage] : [], [notCa]]) {
      expect(() => verifyChain(chain({}, { extensions }), now)).toThrow(refusal('ERR_SIGNATURE_INVALID'));
    }
  });

  it('cosign CVE-2026-24122: an intermediate that has expired', () => {
    const time = (text: string) => der.value(0x17, Buffer.from(text));
    const validity = [time('250101000000Z'), time('260101000000Z')];
    expect(() => verifyChain(chain({}, { validity }), now)).toThrow(refusal('ERR_SIGNATURE_INVALID'));
  });

  it('PKI.js issue 464: parameters of ECDSA', () => {
    expect(() => verifyChain(chain({ algorithm: signedWith.ecdsaSha256Null }), now)).toThrow(
      refusal('ERR_SIGNATURE_INVALID'),
    );
  });

  it('ASN1.js issue 131: values within values without end', () => {
    let nested: Uint8Array = der.null();
    for (let depth = 0; depth < 10_000; depth++) nested = der.sequence(nested);
    for (const parse of [parseCertificate, parseSpki]) expect(() => parse(nested)).toThrow(refusal('ERR_MALFORMED'));
    const walk = (value: DerValue): void => value.children().forEach(walk);
    expect(() => walk(readDer(nested))).toThrow(refusal('ERR_MALFORMED'));
  });

  it('node-forge CVE-2026-33891: an RSA modulus of zero, or one that is even', () => {
    const rsa = (modulus: Uint8Array) =>
      der.sequence(
        der.sequence(der.oid('1.2.840.113549.1.1.1'), der.null()),
        der.bitString(der.sequence(der.value(2, modulus), der.integer(65537))),
      );
    const even = new Uint8Array(257);
    even.fill(0xfe, 1);
    for (const modulus of [Uint8Array.of(0), even]) {
      expect(() => parseSpki(rsa(modulus))).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^ERR_(MALFORMED|UNSUPPORTED)$/) }),
      );
    }
  });
});
