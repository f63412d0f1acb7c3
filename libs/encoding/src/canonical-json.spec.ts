import { refusal } from '@countersign/errors/testing';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { utf8Decode, utf8Encode } from './bytes.ts';
import { canonicalJson } from './canonical-json.ts';
import { fromHex, toHex } from './hex.ts';
import { type JsonValue, parseJson } from './json.ts';
import { limits } from './limits.ts';

const canonicalText = (value: JsonValue) => utf8Decode(canonicalJson(value));

describe('canonical JSON (RFC 8785)', () => {
  it('writes the sample of §3.2.2 as the octets of §3.2.4', () => {
    const sample = String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`;
    expect(toHex(canonicalJson(parseJson(utf8Encode(sample))))).toBe(
      `7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72
       75 65 2c 66 61 6c 73 65 5d 2c 22 6e 75 6d 62 65 72 73 22 3a
       5b 33 33 33 33 33 33 33 33 33 2e 33 33 33 33 33 33 33 2c 31
       65 2b 33 30 2c 34 2e 35 2c 30 2e 30 30 32 2c 31 65 2d 32 37
       5d 2c 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30
       30 66 5c 6e 41 27 42 5c 22 5c 5c 5c 5c 5c 22 2f 22 7d`.replace(/\s/g, ''),
    );
  });

  it('sorts members by UTF-16 code units (§3.2.3)', () => {
    const value = {
      '\u20ac': 'Euro Sign',
      '\r': 'Carriage Return',
      '\ufb33': 'Hebrew Letter Dalet With Dagesh',
      '1': 'One',
      '\ud83d\ude00': 'Emoji: Grinning Face',
      '\u0080': 'Control',
      ö: 'Latin Small Letter O With Diaeresis',
    };
    const values = [...canonicalText(value).matchAll(/":"([^"]+)"/g)].map((match) => match[1]);
    expect(values).toEqual([
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ]);
  });

  // Appendix B: IEEE 754 bits and their spelling.
  it.each([
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['8000000000000001', '-5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['ffefffffffffffff', '-1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['c340000000000000', '-9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['44b52d02c7e14af6', '1e+23'],
    ['44b52d02c7e14af7', '1.0000000000000001e+23'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['444b1ae4d6e2ef4f', '999999999999999900000'],
    ['444b1ae4d6e2ef50', '1e+21'],
    ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['41b3de4355555554', '333333333.33333325'],
    ['41b3de4355555555', '333333333.3333333'],
    ['41b3de4355555556', '333333333.3333334'],
    ['41b3de4355555557', '333333333.33333343'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ])('writes the number %s as %s', (bits, text) => {
    expect(canonicalText(Buffer.from(fromHex(bits)).readDoubleBE())).toBe(text);
  });

  it.each([
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['a lone surrogate', 'a\ud800b'],
    ['a lone surrogate as a name', { '\udead': 1 }],
    ['a bigint', 1n as unknown as JsonValue],
    ['undefined', undefined as unknown as JsonValue],
    ['undefined in an array', [undefined as unknown as JsonValue]],
    ['a function', (() => 1) as unknown as JsonValue],
  ])('refuses %s', (_, value) => {
    expect(refusal(() => canonicalJson(value))).toMatch(/^ERR_MALFORMED: malformed JSON: /);
  });

  it('leaves out members that are undefined', () => {
    expect(canonicalText({ a: undefined, b: { c: undefined }, d: null })).toBe('{"b":{},"d":null}');
  });

  it('keeps names that mean something to objects', () => {
    const text = '{"__proto__":{"x":1},"constructor":2,"toJSON":3}';
    expect(canonicalText(parseJson(utf8Encode(text)))).toBe(text);
  });

  it('nests to the limit and no further, and survives a cycle', () => {
    const nested = (depth: number): JsonValue => (depth === 0 ? 1 : [nested(depth - 1)]);
    expect(canonicalText(nested(limits.jsonDepth))).toContain('[1]');
    expect(refusal(() => canonicalJson(nested(limits.jsonDepth + 1)))).toMatch('nested too deeply');
    const cycle: Record<string, JsonValue> = {};
    cycle.self = cycle;
    expect(refusal(() => canonicalJson(cycle))).toMatch('nested too deeply');
  });

  const json = fc.jsonValue({ depthSize: 'medium', stringUnit: 'binary' }) as fc.Arbitrary<JsonValue>;

  it('is stable and says the same value', () => {
    fc.assert(
      fc.property(json, (value) => {
        const once = canonicalJson(value);
        expect(parseJson(once)).toEqual(JSON.parse(JSON.stringify(value)));
        expect(canonicalJson(parseJson(once))).toEqual(once);
      }),
    );
  });

  it('agrees with an implementation by others', () => {
    fc.assert(fc.property(json, (value) => expect(canonicalText(value)).toBe(canonicalize(value))));
  });
});
