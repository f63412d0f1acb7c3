import { createHash } from 'node:crypto';
import { fromHex, toHex } from '@countersign/encoding';
import * as fc from 'fast-check';
import { emptyRoot, leafHash, nodeHash, toLeafHash } from './hash.ts';

function sha256(...parts: readonly Uint8Array[]): string {
  return createHash('sha256').update(Buffer.concat(parts)).digest('hex');
}

describe('hashing (RFC 6962 §2.1)', () => {
  it('gives the published hashes', () => {
    expect(toHex(emptyRoot)).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(toHex(leafHash(new Uint8Array(0)))).toBe('6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
    const left = leafHash(new Uint8Array(0));
    const right = leafHash(fromHex('00'));
    expect(toHex(nodeHash(left, right))).toBe('fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125');
  });

  it('prefixes leaves with 00 and nodes with 01', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        expect(toHex(leafHash(data))).toBe(sha256(Uint8Array.of(0), data));
      }),
    );
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(hash, hash, (left, right) => {
        expect(toHex(nodeHash(left, right))).toBe(sha256(Uint8Array.of(1), left, right));
      }),
    );
  });

  it.each([0, 1, 16_383, 16_384, 16_385, 100_000])('hashes a leaf of %i bytes', (size) => {
    const data = Uint8Array.from({ length: size }, (_, at) => at * 7);
    expect(toHex(leafHash(data))).toBe(sha256(Uint8Array.of(0), data));
    // A longer leaf before must leave nothing behind in the scratch memory.
    expect(toHex(leafHash(data.subarray(0, size >> 1)))).toBe(sha256(Uint8Array.of(0), data.subarray(0, size >> 1)));
  });

  it('gives hashes that later calls do not change', () => {
    const first = leafHash(Uint8Array.of(1));
    const before = toHex(first);
    for (let i = 0; i < 1000; i += 1) nodeHash(first, leafHash(Uint8Array.of(i)));
    expect(toHex(first)).toBe(before);
  });

  it.each([31, 33])('refuses %i bytes as a hash', (size) => {
    expect(() => toLeafHash(new Uint8Array(size))).toThrow(expect.objectContaining({ code: 'ERR_MALFORMED' }));
    expect(() => nodeHash(emptyRoot, new Uint8Array(size))).toThrow(RangeError);
    expect(() => nodeHash(new Uint8Array(size), emptyRoot)).toThrow(RangeError);
  });
});
