import { toHex } from '@countersign/encoding';
import * as fc from 'fast-check';
import { decodeEntryBundle, encodeEntryBundle } from './entry-bundle.ts';

const malformed = expect.objectContaining({ code: 'ERR_MALFORMED' });

describe('entry bundles (C2SP tlog-tiles)', () => {
  it('write each entry behind its length', () => {
    const bundle = encodeEntryBundle([Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(256).fill(7)]);
    expect(toHex(bundle)).toBe(`0003010203${'0000'}0100${'07'.repeat(256)}`);
  });

  it('round-trip', () => {
    const entries = fc.array(fc.uint8Array({ maxLength: 600 }), { minLength: 1, maxLength: 256 });
    fc.assert(
      fc.property(entries, (plain) => {
        expect(decodeEntryBundle(encodeEntryBundle(plain)).map(toHex)).toEqual(plain.map(toHex));
      }),
      { numRuns: 30 },
    );
  });

  it('are read from a view into other memory', () => {
    const memory = Uint8Array.of(9, 9, 0, 1, 5, 9);
    expect(decodeEntryBundle(memory.subarray(2, 5))).toEqual([Uint8Array.of(5)]);
  });

  it('refuse every cut', () => {
    const bundle = encodeEntryBundle([Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
    for (const cut of [0, 1, 2, 3, 4, 6, 7])
      expect(() => decodeEntryBundle(bundle.subarray(0, cut))).toThrow(malformed);
    expect(decodeEntryBundle(bundle.subarray(0, 5))).toHaveLength(1);
  });

  it('take 256 entries and refuse 257', () => {
    expect(decodeEntryBundle(new Uint8Array(2 * 256))).toHaveLength(256);
    expect(() => decodeEntryBundle(new Uint8Array(2 * 257))).toThrow(malformed);
    const entries = Array.from({ length: 257 }, () => new Uint8Array(0));
    expect(encodeEntryBundle(entries.slice(1))).toHaveLength(512);
    expect(() => encodeEntryBundle(entries)).toThrow(RangeError);
    expect(() => encodeEntryBundle([])).toThrow(RangeError);
  });

  it('take an entry of 65535 bytes and refuse one of 65536', () => {
    expect(decodeEntryBundle(encodeEntryBundle([new Uint8Array(65_535)]))[0]).toHaveLength(65_535);
    expect(() => encodeEntryBundle([new Uint8Array(65_536)])).toThrow(
      expect.objectContaining({ code: 'ERR_TOO_LARGE' }),
    );
  });
});
