import { utf8Encode } from '@countersign/encoding';
import fc from 'fast-check';
import { parseAnnex, writeAnnex } from './annex.ts';

describe('an annex', () => {
  it('gives back the keys it was written with, in canonical JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (keys) => {
        expect(parseAnnex(writeAnnex(keys))).toEqual(keys);
      }),
    );
    expect(Buffer.from(writeAnnex(['b', 'a'])).toString()).toBe('{"indexKeys":["b","a"]}');
  });

  it('may be missing, or say more', () => {
    expect(parseAnnex(undefined)).toEqual([]);
    expect(parseAnnex(utf8Encode('{"indexKeys":["a"],"later":{"indexKeys":[1]}}'))).toEqual(['a']);
  });

  it.each([
    '',
    'x',
    'null',
    '[]',
    '"indexKeys"',
    '{}',
    '{"indexKeys":null}',
    '{"indexKeys":{}}',
    '{"indexKeys":"a"}',
    '{"indexKeys":{"length":1,"0":"a"}}',
    '{"indexKeys":[1]}',
    '{"indexKeys":["a",null]}',
    '{"indexKeys":[["a"]]}',
    '{"__proto__":{"indexKeys":["a"]}}',
    `{"indexKeys":["a"],"deep":${'['.repeat(70)}${']'.repeat(70)}}`,
    '{"indexKeys":["a"]} ,',
  ])('is refused as %j', (text) => {
    expect(() => parseAnnex(utf8Encode(text))).toThrow(expect.objectContaining({ code: 'ERR_MALFORMED' }));
  });

  it('is refused, and nothing else, whatever its bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(utf8Encode)), (bytes) => {
        try {
          expect(parseAnnex(bytes).every((key) => typeof key === 'string')).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_MALFORMED' });
        }
      }),
    );
  });
});
