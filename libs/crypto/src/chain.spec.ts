import * as crypto from 'node:crypto';
import { der } from '@countersign/encoding';
import { Certificate } from './certificate.ts';
import { findChain, verifyChain } from './chain.ts';
import { limits } from './limits.ts';
import { authority, extension, make, nameOf, newKey, now, type Recipe, signedWith } from './testing/certificates.ts';
import { flip } from './testing/octets.ts';

const refusal = (message: RegExp) =>
  expect.objectContaining({ code: 'ERR_SIGNATURE_INVALID', message: expect.stringMatching(message) });
const keys = Array.from({ length: limits.chainLength + 1 }, newKey);

/** A chain, leaf first; recipes change single certificates. */
function chainOf(length: number, changes: Readonly<Record<number, Recipe>> = {}): Certificate[] {
  return Array.from({ length }, (_, index) => {
    const above = Math.min(index + 1, length - 1);
    return make({
      subject: nameOf(`certificate ${index}`),
      issuer: nameOf(`certificate ${above}`),
      key: keys[index] ?? newKey(),
      signingKey: keys[above] ?? newKey(),
      extensions: index === 0 ? [] : authority(),
      ...changes[index],
    });
  });
}

describe('verifyChain', () => {
  it('takes 2 to 10 certificates', () => {
    for (let length = 2; length <= limits.chainLength; length++) verifyChain(chainOf(length), now);
    expect(() => verifyChain(chainOf(limits.chainLength + 1), now)).toThrow(
      expect.objectContaining({ code: 'ERR_TOO_LARGE' }),
    );
    expect(() => verifyChain(chainOf(1), now)).toThrow(refusal(/a leaf and a root/));
    expect(() => verifyChain([], now)).toThrow(refusal(/a leaf and a root/));
  });

  it('takes certificates that are plain data', () => {
    verifyChain(
      chainOf(3).map(({ der }) => ({ der })),
      now,
    );
  });

  const rsa = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const ed = crypto.generateKeyPairSync('ed25519').privateKey;
  const p384 = crypto.generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey;

  it.each<[string, Recipe]>([
    ['RSA with SHA-256', { signingKey: rsa, algorithm: signedWith.rsaSha256 }],
    ['RSA with SHA-512', { signingKey: rsa, algorithm: signedWith.rsaSha512, hash: 'sha512' }],
    ['ECDSA with SHA-384', { signingKey: p384, algorithm: signedWith.ecdsaSha384, hash: 'sha384' }],
    ['Ed25519', { signingKey: ed, algorithm: signedWith.ed25519, hash: null }],
  ])('takes a signature with %s', (_name, leaf) => {
    const { signingKey = rsa, algorithm = signedWith.rsaSha256, hash = 'sha256' } = leaf;
    const chain = chainOf(2, { 0: leaf, 1: { key: signingKey, signingKey, algorithm, hash } });
    verifyChain(chain, now);
  });

  it('takes the last certificate as the anchor, signed by whomever', () => {
    verifyChain(chainOf(4).slice(0, 3), now);
  });

  it('takes any extended key usage, critical or not', () => {
    const usage = extension('2.5.29.37', der.sequence(der.oid('1.3.6.1.5.5.7.3.8')), true);
    verifyChain(chainOf(3, { 0: { extensions: [usage] }, 1: { extensions: [...authority(), usage] } }), now);
  });

  it('honours validity at both ends, of every certificate', () => {
    const [from, to] = [new Date('2026-05-01T00:00:00Z'), new Date('2026-07-01T00:00:00Z')];
    for (const index of [0, 1, 2]) {
      const chain = chainOf(3, { [index]: { validity: [der.time(from), der.time(to)] } });
      verifyChain(chain, from);
      verifyChain(chain, to);
      expect(() => verifyChain(chain, new Date(from.getTime() - 1))).toThrow(
        refusal(new RegExp(`certificate ${index + 1} .* not valid before 2026-05-01`)),
      );
      expect(() => verifyChain(chain, new Date(to.getTime() + 1))).toThrow(
        refusal(new RegExp(`certificate ${index + 1} .* not valid after 2026-07-01`)),
      );
    }
    expect(() => verifyChain(chainOf(2), new Date(Number.NaN))).toThrow(refusal(/certificate 1/));
  });

  it('counts intermediates against the path length', () => {
    verifyChain(chainOf(3, { 2: { extensions: authority(1) }, 1: { extensions: authority(0) } }), now);
    verifyChain(chainOf(2, { 1: { extensions: authority(0) } }), now);
    expect(() => verifyChain(chainOf(3, { 2: { extensions: authority(0) } }), now)).toThrow(
      refusal(/certificate 3 of the chain allows 0 intermediates/),
    );
    expect(() => verifyChain(chainOf(4, { 2: { extensions: authority(0) } }), now)).toThrow(refusal(/certificate 3/));
  });

  const usage = (octet: number) => extension('2.5.29.15', der.bitString(Uint8Array.of(octet), 2), true);
  const isCa = extension('2.5.29.19', der.sequence(der.boolean(true)), true);

  it.each<[string, number, Recipe, RegExp]>([
    ['an intermediate without extensions', 1, { extensions: [] }, /2 .* not a certificate authority/],
    ['a root without extensions', 2, { extensions: [] }, /3 .* not a certificate authority/],
    [
      'an intermediate with CA false',
      1,
      { extensions: [extension('2.5.29.19', der.sequence(), true)] },
      /2 .* not a cert/,
    ],
    ['an intermediate that may only sign data', 1, { extensions: [isCa, usage(0x80)] }, /2 .* key usage/],
    [
      'name constraints',
      2,
      { extensions: [...authority(), extension('2.5.29.30', der.sequence())] },
      /3 .* name constr/,
    ],
    [
      'an unknown critical extension',
      0,
      { extensions: [extension('1.2.3', der.null(), true)] },
      /1 .* critical .* 1\.2\.3/,
    ],
    [
      'an unknown critical extension above',
      1,
      { extensions: [...authority(), extension('1.2.3', der.null(), true)] },
      /2 .* crit/,
    ],
    ['another issuer name', 0, { issuer: nameOf('somebody') }, /1 .* another issuer/],
    ['the name alone', 0, { signingKey: newKey() }, /1 .* not signed by/],
    ['a forged intermediate', 1, { signingKey: newKey() }, /2 .* not signed by/],
    ['a signature with SHA-1', 0, { algorithm: signedWith.ecdsaSha1, hash: 'sha1' }, /1 .* not supported/],
    ['parameters on ECDSA', 0, { algorithm: signedWith.ecdsaSha256Null }, /1 .* not supported/],
    ['RSA in name only', 0, { algorithm: signedWith.rsaSha256 }, /1 .* another algorithm/],
    ['another hash than it says', 0, { hash: 'sha384' }, /1 .* not signed by/],
  ])('refuses %s', (_name, index, recipe, why) => {
    verifyChain(chainOf(3), now);
    expect(() => verifyChain(chainOf(3, { [index]: recipe }), now)).toThrow(refusal(why));
  });

  it('refuses the wrong order, a gap and a stranger', () => {
    const [leaf, first, second, root] = chainOf(4) as [Certificate, Certificate, Certificate, Certificate];
    for (const chain of [
      [leaf, second, first, root],
      [leaf, second, root],
      [root, second, first, leaf],
      [leaf, leaf],
    ]) {
      expect(() => verifyChain(chain, now)).toThrow(refusal(/certificate \d/));
    }
    const stranger = chainOf(2, { 1: { subject: nameOf('certificate 1'), key: newKey() } })[1];
    expect(() => verifyChain([leaf, stranger ?? leaf], now)).toThrow(refusal(/1 .* not signed by/));
  });

  it('refuses a flip of any bit that still parses', () => {
    const [leaf, root] = chainOf(2) as [Certificate, Certificate];
    let parsed = 0;
    for (let bit = 0; bit < leaf.der.length * 8; bit += 5) {
      let edited: Certificate;
      try {
        edited = Certificate.from({ der: flip(leaf.der, bit) });
      } catch {
        continue;
      }
      parsed++;
      expect(() => verifyChain([edited, root], now)).toThrow(refusal(/certificate 1/));
    }
    expect(parsed).toBeGreaterThan(50);
  });
});

describe('findChain', () => {
  const none = refusal(/no chain leads/);

  it('finds the shortest way from a leaf to a root, whatever else there is', () => {
    const [leaf, lower, upper, root] = chainOf(4) as [Certificate, Certificate, Certificate, Certificate];
    const strangers = chainOf(2, { 0: { key: newKey() }, 1: { key: newKey() } });
    const others = [...strangers, upper, leaf, lower, root];
    expect(findChain(leaf, others, [root], now)).toEqual([leaf, lower, upper, root]);
    expect(findChain(leaf, others, [root, upper], now)).toEqual([leaf, lower, upper]);
    expect(findChain(leaf, [lower].map(plain), [upper], now)).toHaveLength(3);
    expect(() => findChain(leaf, [upper], [root], now)).toThrow(none);
    expect(() => findChain(leaf, others, [], now)).toThrow(none);
    expect(() => findChain(leaf, others, strangers, now)).toThrow(none);
  });

  it('goes around what has expired, is no authority, or only has the name', () => {
    const [leaf, good, root] = chainOf(3) as [Certificate, Certificate, Certificate];
    const validity = [der.time(new Date('2026-01-01')), der.time(new Date('2026-02-01'))];
    for (const change of [{ validity }, { extensions: [] }, { signingKey: newKey() }, { key: newKey() }]) {
      const [, bad] = chainOf(3, { 1: change }) as [Certificate, Certificate, Certificate];
      expect(findChain(leaf, [bad, good], [root], now)).toEqual([leaf, good, root]);
      expect(() => findChain(leaf, [bad], [root], now)).toThrow(none);
    }
  });

  it('honours validity and path lengths of the whole', () => {
    const [leaf, lower, upper, root] = chainOf(4, { 2: { extensions: authority(0) } });
    expect(() => findChain(leaf as Certificate, [lower, upper] as Certificate[], [root as Certificate], now)).toThrow(
      none,
    );
    const chain = chainOf(2) as [Certificate, Certificate];
    expect(() => findChain(chain[0], [], [chain[1]], new Date('2027-01-02'))).toThrow(none);
  });

  it('takes a root for itself, while it is valid', () => {
    const [leaf] = chainOf(1) as [Certificate];
    expect(findChain(leaf, [], [leaf], now)).toEqual([leaf]);
    expect(() => findChain(leaf, [], [leaf], new Date('2027-01-02'))).toThrow(refusal(/is not valid after/));
  });

  it('ends where certificates certify each other, and chooses from 100', () => {
    const [a, b] = chainOf(2, { 1: { issuer: nameOf('certificate 0'), signingKey: keys[0] as never } });
    const [root] = chainOf(1, { 0: { subject: nameOf('root'), key: newKey() } }) as [Certificate];
    const many = Array.from({ length: 99 }, (_, at) => (at % 2 === 0 ? a : b) as Certificate);
    expect(() => findChain(a as Certificate, many, [root], now)).toThrow(none);
    expect(() => findChain(a as Certificate, [...many, root], [root], now)).toThrow(
      expect.objectContaining({ code: 'ERR_TOO_LARGE' }),
    );
  });
});

function plain({ der }: Certificate): Certificate {
  return { der } as Certificate;
}
