import fc from 'fast-check';
import { isShort, prefixEnd, searchKey, searchKeys } from './search-key.ts';

const text = fc.string({ unit: 'binary' });
const bytes = (value: string) => Buffer.from(value);

describe('searchKey', () => {
  it('is lower case, and of a prefix a prefix', () => {
    expect(searchKey('Ab@EXAMPLE.com')).toBe('ab@example.com');
    // Greek text would otherwise end in another letter than it goes on with.
    expect(searchKey('ΟΔΟΣ').startsWith(searchKey('ΟΔ'))).toBe(true);
    expect(searchKey('ΟΔΟΣΑ').startsWith(searchKey('ΟΔΟΣ'))).toBe(true);
    expect(searchKey('a\ud800b')).toBe('a\ufffdb');
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(searchKey(a + b)).toBe(searchKey(a) + searchKey(b));
      }),
    );
  });
});

describe('searchKeys', () => {
  it('has each key once, none that is empty or over 512 characters', () => {
    expect(searchKeys(['A', 'a', '', 'b', 'x'.repeat(513), 'y'.repeat(512)])).toEqual(['a', 'b', 'y'.repeat(512)]);
  });

  it('counts characters, not their halves', () => {
    expect(isShort('😀'.repeat(512))).toBe(true);
    expect(isShort('😀'.repeat(513))).toBe(false);
    expect(isShort(`${'😀'.repeat(511)}ab`)).toBe(false);
  });
});

describe('prefixEnd', () => {
  it('is above what starts with the prefix, and not above anything else that is', () => {
    fc.assert(
      fc.property(
        text.filter((value) => value !== ''),
        text,
        text,
        (prefix, rest, other) => {
          const end = prefixEnd(prefix);
          const isBelow = (value: string) => end === undefined || Buffer.compare(bytes(value), bytes(end)) < 0;
          expect(isBelow(prefix + rest)).toBe(true);
          if (Buffer.compare(bytes(other), bytes(prefix)) >= 0) expect(isBelow(other)).toBe(other.startsWith(prefix));
        },
      ),
    );
  });

  it.each([
    ['a', 'b'],
    ['a\u{10ffff}', 'b'],
    ['\ud7ff', '\ue000'],
    ['\u{10ffff}', undefined],
    ['', undefined],
  ])('of %j is %j', (prefix, end) => {
    expect(prefixEnd(prefix)).toBe(end);
  });
});
