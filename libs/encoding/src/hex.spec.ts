import { refusal } from '@countersign/errors/testing';
import fc from 'fast-check';
import { fromHex, toHex } from './hex.ts';

describe('hex', () => {
  it('brings every byte string back, from either case', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
        expect(fromHex(toHex(bytes).toUpperCase())).toEqual(bytes);
      }),
    );
  });

  it('writes lower case', () => {
    expect(toHex(Uint8Array.of(0, 0xab, 0xff))).toBe('00abff');
    expect(fromHex('00aBFf')).toEqual(Uint8Array.of(0, 0xab, 0xff));
  });

  it.each([
    '0',
    'abc',
    '0g',
    'ab ',
    ' ab',
    'a b',
    '0x00',
    'ab\n',
    'ab\u0131\u0132',
    '\u0430\u0431',
    'ÿÿ',
    '﹣1',
  ])('refuses %j', (text) => {
    expect(refusal(() => fromHex(text))).toBe('ERR_MALFORMED: malformed hex');
  });

  it('returns memory of its own', () => {
    expect(fromHex('abcd').buffer.byteLength).toBe(2);
  });
});
