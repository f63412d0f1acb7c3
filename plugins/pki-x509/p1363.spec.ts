import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { ecdsaSignatureToDer } from './p1363.ts';

describe('ecdsaSignatureToDer', () => {
  it.each([
    ['P-256', 32, 'sha256'],
    ['P-384', 48, 'sha384'],
    ['P-521', 66, 'sha512'],
  ])('gives DER that verifies for %s, whichever form comes in', (namedCurve, size, hash) => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
    // Often enough to meet numbers with leading zeros and with the high bit set.
    for (let round = 0; round < 50; round++) {
      const message = Buffer.from([round]);
      for (const dsaEncoding of ['der', 'ieee-p1363'] as const) {
        const signature = ecdsaSignatureToDer(sign(hash, message, { key: privateKey, dsaEncoding }), size);
        expect(verify(hash, message, publicKey, signature)).toBe(true);
      }
    }
  });

  it('writes each number in the shortest way', () => {
    const numbers = (r: number[], s: number[]) => Uint8Array.from([...r, ...s]);
    expect([...ecdsaSignatureToDer(numbers([0, 1], [0x80, 0]), 2)]).toEqual([0x30, 8, 2, 1, 1, 2, 3, 0, 0x80, 0]);
    expect([...ecdsaSignatureToDer(numbers([0, 0], [0, 0]), 2)]).toEqual([0x30, 6, 2, 1, 0, 2, 1, 0]);
  });

  it('leaves alone what has another length, and DER that happens to have this one', () => {
    for (const signature of [new Uint8Array(63), new Uint8Array(65), new Uint8Array(0)]) {
      expect(ecdsaSignatureToDer(signature, 32)).toBe(signature);
    }
    const short = Uint8Array.from([0x30, 62, 0x02, ...new Uint8Array(61)]);
    expect(ecdsaSignatureToDer(short, 32)).toBe(short);
    const long = Uint8Array.from([0x30, 0x81, 129, 0x02, ...new Uint8Array(128)]);
    expect(ecdsaSignatureToDer(long, 66)).toBe(long);
  });
});
