import { hasCode } from '@countersign/errors';
import { refusal } from '@countersign/errors/testing';
import fc from 'fast-check';
import { fromBase64, toBase64 } from './base64.ts';
import { utf8Encode } from './bytes.ts';

describe('base64 (RFC 4648)', () => {
  // §10
  it.each([
    ['', ''],
    ['f', 'Zg=='],
    ['fo', 'Zm8='],
    ['foo', 'Zm9v'],
    ['foob', 'Zm9vYg=='],
    ['fooba', 'Zm9vYmE='],
    ['foobar', 'Zm9vYmFy'],
  ])('spells %j as %j', (plain, encoded) => {
    expect(toBase64(utf8Encode(plain))).toBe(encoded);
    expect(fromBase64(encoded)).toEqual(utf8Encode(plain));
  });

  it('brings every byte string back', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => expect(fromBase64(toBase64(bytes))).toEqual(bytes)));
  });

  it('accepts nothing but its own spelling', () => {
    const near = fc.stringMatching(/^[A-Za-z0-9+/=_ \n-]*$/);
    fc.assert(
      fc.property(near, (text) => {
        try {
          expect(toBase64(fromBase64(text))).toBe(text);
        } catch (error) {
          expect(hasCode(error, 'ERR_MALFORMED')).toBe(true);
        }
      }),
    );
  });

  it.each([
    ['white space', 'Zm9v\n'],
    ['white space inside', 'Zm 9v'],
    ['missing padding', 'Zg'],
    ['too much padding', 'Zg==='],
    ['padding alone', '='],
    ['padding inside', 'Zg==Zg=='],
    ['stray bits', 'Zh=='],
    ['stray bits in the third place', 'Zm9='],
    ['the URL alphabet', '-_-_'],
    ['a lone character', 'Z'],
    ['a character outside of ASCII', 'Zm9ÿ'],
    ['a character that truncates to ASCII', 'Zm9\u0176'],
    ['NUL', 'Zm9\0'],
  ])('refuses %s', (_, text) => {
    expect(refusal(() => fromBase64(text))).toBe('ERR_MALFORMED: malformed base64');
  });

  it('returns memory of its own', () => {
    const bytes = fromBase64('Zm9v');
    expect(bytes.constructor).toBe(Uint8Array);
    expect(bytes.buffer.byteLength).toBe(3);
  });

  it('encodes a view, not the memory around it', () => {
    expect(toBase64(utf8Encode('xfoox').subarray(1, 4))).toBe('Zm9v');
  });
});
