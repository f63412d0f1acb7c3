import { refusal } from '@countersign/errors/testing';
import fc from 'fast-check';
import { concat, equalBytes, utf8Decode, utf8Encode } from './bytes.ts';

describe('bytes', () => {
  it('joins into new memory', () => {
    const part = Uint8Array.of(1, 2);
    const joined = concat(part, new Uint8Array(0), Uint8Array.of(3));
    part[0] = 9;
    expect(joined).toEqual(Uint8Array.of(1, 2, 3));
    expect(concat()).toEqual(new Uint8Array(0));
  });

  it('tells equal from different', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        expect(equalBytes(a, Uint8Array.from(a))).toBe(true);
        expect(equalBytes(a, b)).toBe(`${a}` === `${b}`);
      }),
    );
  });

  it('brings text back from UTF-8', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(utf8Decode(utf8Encode(text))).toBe(text);
      }),
    );
  });

  it('keeps a byte order mark', () => {
    expect(utf8Decode(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa');
  });

  it.each([
    ['a stray continuation', [0x80]],
    ['a cut sequence', [0xe2, 0x82]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['more than U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['0xff', [0x61, 0xff]],
  ])('refuses %s as UTF-8', (_, octets) => {
    expect(refusal(() => utf8Decode(Uint8Array.from(octets)))).toBe('ERR_MALFORMED: malformed UTF-8');
  });

  it.each(['\ud800', 'a\udc00', '\udc00\ud800'])('refuses the lone surrogate in %j', (text) => {
    expect(refusal(() => utf8Encode(text))).toBe('ERR_MALFORMED: malformed text: lone surrogate');
  });
});
