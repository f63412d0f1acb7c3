import { refusal } from '@countersign/errors/testing';
import { utf8Encode } from './bytes.ts';
import { isJsonObject, parseJson } from './json.ts';
import { limits } from './limits.ts';

const parse = (text: string) => parseJson(utf8Encode(text));

describe('parseJson', () => {
  it('parses values', () => {
    expect(parse(' {"a":[1,"é",null,true,{}]} ')).toEqual({ a: [1, 'é', null, true, {}] });
    expect(parse('"x"')).toBe('x');
  });

  it.each([
    '',
    ' ',
    '{',
    '{"a":1,}',
    "{'a':1}",
    'NaN',
    '01',
    '1 2',
    '[1]x',
    '"\t"',
    '\ufeff{}',
    '{"a":1e999}',
    '[-1e999]',
  ])('refuses %j', (text) => {
    expect(refusal(() => parse(text))).toMatch(/^ERR_MALFORMED: malformed JSON/);
  });

  it('refuses what is not UTF-8', () => {
    expect(refusal(() => parseJson(Uint8Array.of(0x22, 0xff, 0x22)))).toBe('ERR_MALFORMED: malformed UTF-8');
  });

  it('keeps __proto__ an ordinary member', () => {
    const value = parse('{"__proto__":{"admin":true}}') as Record<string, unknown>;
    expect(Object.hasOwn(value, '__proto__')).toBe(true);
    expect(value.admin).toBeUndefined();
    expect(({} as Record<string, unknown>).admin).toBeUndefined();
  });

  it('lets the last of equal names count', () => {
    expect(parse('{"a":1,"a":2}')).toEqual({ a: 2 });
  });

  it('nests to the limit and no further', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(parse(nested(limits.jsonDepth))).toBeDefined();
    expect(refusal(() => parse(nested(limits.jsonDepth + 1)))).toBe('ERR_MALFORMED: malformed JSON: nested too deeply');
    expect(refusal(() => parse(`{"a":${nested(500_000)}}`))).toMatch('nested too deeply');
    expect(refusal(() => parseJson(utf8Encode('[[1]]'), { depth: 1 }))).toMatch('nested too deeply');
  });

  it('takes the longest text allowed and not one byte more', () => {
    expect(parseJson(utf8Encode('[1,2]'), { bytes: 5 })).toEqual([1, 2]);
    expect(refusal(() => parseJson(utf8Encode('[1,2] '), { bytes: 5 }))).toMatch(/^ERR_TOO_LARGE: /);
  });
});

describe('isJsonObject', () => {
  it('tells objects from everything else', () => {
    expect([{}, { a: 1 }].every(isJsonObject)).toBe(true);
    expect([null, [], 'a', 1, true, undefined].some(isJsonObject)).toBe(false);
  });
});
