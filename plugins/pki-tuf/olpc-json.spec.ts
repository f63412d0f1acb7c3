import fc from 'fast-check';
import { olpcJson } from './olpc-json.ts';

const write = (value: Parameters<typeof olpcJson>[0]) => olpcJson(value, (why) => new RangeError(why));

describe('olpcJson', () => {
  it.each([
    ['{"b":[1,-2,true,null],"a":{}}', '{"a":{},"b":[1,-2,true,null]}'],
    // Nothing but quotes and backslashes is escaped.
    [String.raw`"\n\u0000\u00e9 \\ \" / \u2028 <"`, '"\n\u0000\u00e9 \\\\ \\" / \u2028 <"'],
    // UTF-8 puts U+FF5E before U+1F600; UTF-16 would not.
    ['{"\u{1f600}":1,"\uff5e":2,"~":3}', '{"~":3,"\uff5e":2,"\u{1f600}":1}'],
    ['1.0', '1'],
    ['9007199254740991', '9007199254740991'],
    ['{"__proto__":1}', '{"__proto__":1}'],
  ])('writes %s', (json, text) => {
    expect(write(JSON.parse(json))).toBe(text);
  });

  it.each(['1.5', '9007199254740992', '1e300', '[{"a":-0.1}]'])('refuses the number in %s', (json) => {
    expect(() => write(JSON.parse(json))).toThrow(RangeError);
  });

  it('keeps the values of texts without control characters', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', 'é', '\u{1f600}') });
    fc.assert(
      fc.property(fc.dictionary(text, fc.oneof(text, fc.integer(), fc.array(text))), (value) => {
        expect(JSON.parse(write(value))).toEqual({ ...value });
      }),
    );
  });
});
