import { generateKeyPairSync } from 'node:crypto';
import { hasCode } from '@countersign/errors';
import { refusal } from '@countersign/errors/testing';
import fc from 'fast-check';
import { concat, equalBytes, utf8Encode } from './bytes.ts';
import { type DerValue, readDer } from './der-reader.ts';
import { contextTag, derTag } from './der-tag.ts';
import { der } from './der-writer.ts';
import { fromHex, toHex } from './hex.ts';
import { limits } from './limits.ts';

const read = (hex: string) => readDer(fromHex(hex.replaceAll(' ', '')));
const refused = (work: () => unknown) => expect(refusal(work)).toMatch(/^ERR_MALFORMED: malformed (DER|OID|UTF-8)/);

describe('DER reader (X.690)', () => {
  it('gives tag, contents and raw octets', () => {
    const value = read('30 06 02 01 05 a0 01 00'.replace('a0 01 00', '80 01 00'));
    expect([value.tag, value.constructed]).toEqual([derTag.sequence, true]);
    const [number, implicit] = value.children();
    expect(number?.integer()).toBe(5n);
    expect(toHex(implicit?.raw ?? new Uint8Array())).toBe('800100');
    expect(toHex(implicit?.contents ?? new Uint8Array())).toBe('00');
    expect(implicit?.tag).toBe(contextTag(0, false));
  });

  it('reads a public key that OpenSSL wrote', () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
    const [algorithm, key] = readDer(spki).children(derTag.sequence);
    expect(algorithm?.children().map((value) => value.oid())).toEqual(['1.2.840.10045.2.1', '1.2.840.10045.3.1.7']);
    const point = key?.bitStringBytes() ?? new Uint8Array();
    expect(point).toHaveLength(65);
    const again = der.sequence(
      der.sequence(der.oid('1.2.840.10045.2.1'), der.oid('1.2.840.10045.3.1.7')),
      der.bitString(point),
    );
    expect(again).toEqual(spki);
  });

  it.each([
    ['nothing', ''],
    ['an identifier alone', '30'],
    ['contents cut short', '04 02 00'],
    ['a length cut short', '04 82 01'],
    ['trailing data', '05 00 00'],
    ['indefinite length', '30 80 00 00'],
    ['a long form where short does', '04 81 01 00'],
    ['a length with a leading zero', `04 82 00 80 ${'00'.repeat(128)}`],
    ['a length with two leading zeros', `04 83 00 00 80 ${'00'.repeat(128)}`],
    ['a length of five octets', '04 85 01 00 00 00 00'],
    ['the reserved length', '04 ff'],
    ['a length beyond the input', '04 84 ff ff ff ff'],
    ['a high tag number', '1f 81 00 00'],
    ['end-of-contents', '00 00'],
    ['a constructed OCTET STRING', '24 03 04 01 00'],
    ['a constructed INTEGER', '22 03 02 01 00'],
    ['a primitive SEQUENCE', '10 00'],
    ['a primitive SET', '11 00'],
  ])('refuses %s', (_, hex) => {
    refused(() => read(hex));
  });

  it.each<[string, string, (value: DerValue) => unknown]>([
    ['children of a primitive', '05 00', (value) => value.children()],
    ['a broken child', '30 02 04 01', (value) => value.children()],
    ['another tag', '04 00', (value) => value.expect(derTag.null)],
    ['a BOOLEAN of 1', '01 01 01', (value) => value.boolean()],
    ['an empty BOOLEAN', '01 00', (value) => value.boolean()],
    ['a long BOOLEAN', '01 02 ff ff', (value) => value.boolean()],
    ['an empty INTEGER', '02 00', (value) => value.integer()],
    ['an INTEGER with a spare 00', '02 02 00 7f', (value) => value.integer()],
    ['an INTEGER with a spare ff', '02 02 ff 80', (value) => value.integer()],
    ['an empty BIT STRING', '03 00', (value) => value.bitString()],
    ['eight unused bits', '03 02 08 00', (value) => value.bitString()],
    ['unused bits of nothing', '03 01 01', (value) => value.bitString()],
    ['unused bits that are set', '03 02 01 01', (value) => value.bitString()],
    ['a key of odd bits', '03 02 01 02', (value) => value.bitStringBytes()],
    ['a NULL with contents', '05 01 00', (value) => value.null()],
    ['an empty OID', '06 00', (value) => value.oid()],
    ['an OID cut short', '06 02 2a 86', (value) => value.oid()],
    ['an OID arc with a leading 80', '06 03 2a 80 01', (value) => value.oid()],
    ['an OID of 10,000 octets', `06 82 27 10 ${'01'.repeat(10_000)}`, (value) => value.oid()],
    ['a UTF8String that is none', '0c 01 ff', (value) => value.text()],
    ['an IA5String outside of ASCII', '16 01 e9', (value) => value.text()],
    ['a PrintableString outside of ASCII', '13 01 e9', (value) => value.text()],
    ['a BMPString of odd length', '1e 01 41', (value) => value.text()],
    ['a BMPString with a lone surrogate', '1e 02 d8 00', (value) => value.text()],
    ['an INTEGER as text', '02 01 41', (value) => value.text()],
    ['a VisibleString as text', '1a 01 41', (value) => value.text()],
    ['an INTEGER as time', '02 01 41', (value) => value.time()],
  ])('refuses %s', (_, hex, use) => {
    const value = read(hex);
    refused(() => use(value));
  });

  it('reads strings of the usual types', () => {
    expect(readDer(der.utf8String('é€')).text()).toBe('é€');
    expect(readDer(der.printableString('Acme Co.')).text()).toBe('Acme Co.');
    expect(readDer(der.ia5String('a@b')).text()).toBe('a@b');
    expect(read('14 01 e9').text()).toBe('é');
    expect(read('1e 04 00 41 20 ac').text()).toBe('A€');
  });

  it('nests to the limit and no further', () => {
    const nested = (depth: number): Uint8Array => (depth === 0 ? der.null() : der.sequence(nested(depth - 1)));
    const descend = (value: DerValue): number => {
      const [child] = value.constructed ? value.children() : [];
      return child === undefined ? 0 : 1 + descend(child);
    };
    expect(descend(readDer(nested(limits.derDepth)))).toBe(limits.derDepth);
    expect(refusal(() => descend(readDer(nested(limits.derDepth + 1))))).toMatch('nested too deeply');
  });

  it('takes as many members as allowed and not one more', () => {
    const members = (count: number) =>
      der.value(
        derTag.sequence,
        new Uint8Array(count * 2).map((_, i) => (i % 2 ? 0 : 5)),
      );
    expect(readDer(members(limits.derChildren)).children()).toHaveLength(limits.derChildren);
    expect(refusal(() => readDer(members(limits.derChildren + 1)).children())).toMatch('too many members');
  });

  it('takes as many octets as allowed and not one more', () => {
    const sized = (total: number) => der.octetString(new Uint8Array(total - 6));
    expect(sized(limits.derBytes)).toHaveLength(limits.derBytes);
    expect(readDer(sized(limits.derBytes)).tag).toBe(derTag.octetString);
    expect(refusal(() => readDer(sized(limits.derBytes + 1)))).toMatch(/^ERR_TOO_LARGE: /);
  });

  it('never fails in another way than by refusing, and has one spelling for each value', () => {
    const rebuild = (value: DerValue): Uint8Array =>
      der.value(value.tag, ...(value.constructed ? value.children().map(rebuild) : [value.contents]));
    const soup = fc
      .array(fc.constantFrom(0x30, 0x31, 0x02, 0x04, 0xa0, 0, 1, 2, 3, 4, 0x80, 0x81, 0xff))
      .map((octets) => Uint8Array.from(octets));
    fc.assert(
      fc.property(soup, (bytes) => {
        try {
          expect(equalBytes(rebuild(readDer(bytes)), bytes)).toBe(true);
        } catch (error) {
          if (!hasCode(error, 'ERR_MALFORMED')) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('DER writer (X.690)', () => {
  it.each<[string, Uint8Array, string]>([
    ['INTEGER 0', der.integer(0), '020100'],
    ['INTEGER 127', der.integer(127), '02017f'],
    ['INTEGER 128', der.integer(128), '02020080'],
    ['INTEGER -1', der.integer(-1), '0201ff'],
    ['INTEGER -128', der.integer(-128), '020180'],
    ['INTEGER -129', der.integer(-129), '0202ff7f'],
    ['unsigned octets with a high bit', der.integer(Uint8Array.of(0x80)), '02020080'],
    ['unsigned octets with leading zeros', der.integer(Uint8Array.of(0, 0, 1)), '020101'],
    ['unsigned zero', der.integer(Uint8Array.of(0, 0)), '020100'],
    ['no octets', der.integer(new Uint8Array(0)), '020100'],
    ['ENUMERATED', der.enumerated(2), '0a0102'],
    ['TRUE', der.boolean(true), '0101ff'],
    ['FALSE', der.boolean(false), '010100'],
    ['NULL', der.null(), '0500'],
    ['BIT STRING', der.bitString(Uint8Array.of(0x80), 7), '03020780'],
    ['RSA OID', der.oid('1.2.840.113549.1.1.11'), '06092a864886f70d01010b'],
    ['2.999.3', der.oid('2.999.3'), '0603883703'],
    ['explicit tag', der.context(3, der.null()), 'a3020500'],
    ['implicit tag', der.contextPrimitive(6, utf8Encode('a')), '860161'],
    ['SET in order', der.set(der.integer(2), der.integer(1), der.null()), '3108020101020102' + '0500'],
    ['UTCTime', der.time(new Date('2049-12-31T23:59:59Z')), `170d${toHex(utf8Encode('491231235959Z'))}`],
    ['late GeneralizedTime', der.time(new Date('2050-01-01T00:00:00Z')), `180f${toHex(utf8Encode('20500101000000Z'))}`],
    [
      'early GeneralizedTime',
      der.time(new Date('1949-12-31T23:59:59Z')),
      `180f${toHex(utf8Encode('19491231235959Z'))}`,
    ],
    ['forced', der.generalizedTime(new Date('2024-02-29T01:02:03.9Z')), `180f${toHex(utf8Encode('20240229010203Z'))}`],
  ])('writes %s', (_, bytes, hex) => {
    expect(toHex(bytes)).toBe(hex);
  });

  it.each([127, 128, 255, 256, 65_535, 65_536])('writes and reads a length of %i', (length) => {
    const value = der.octetString(new Uint8Array(length).fill(1));
    expect(readDer(value).octetString()).toHaveLength(length);
  });

  it('refuses what a type cannot hold', () => {
    refused(() => der.printableString('a@b'));
    refused(() => der.ia5String('é'));
    for (const oid of ['', '1', '3.1', '1.40', '1.2.', '1.02', 'a.b', '1.2.-3', `1.2.${'9'.repeat(400)}`]) {
      refused(() => der.oid(oid));
    }
    expect(() => der.context(31)).toThrow(RangeError);
  });

  it('brings integers, OIDs, bits and times back', () => {
    const arc = fc.bigInt({ min: 0n, max: 2n ** 130n });
    const oid = fc
      .tuple(fc.constantFrom(0n, 1n, 2n), fc.bigInt({ min: 0n, max: 39n }), fc.array(arc, { maxLength: 4 }))
      .map(([root, second, rest]) => [root, second, ...rest].join('.'));
    const time = fc.date({ min: new Date('1900-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(fc.bigInt(), oid, fc.uint8Array(), time, (number, dotted, bytes, at) => {
        expect(readDer(der.integer(number)).integer()).toBe(number);
        expect(readDer(der.oid(dotted)).oid()).toBe(dotted);
        expect(readDer(der.bitString(bytes)).bitStringBytes()).toEqual(bytes);
        expect(readDer(der.time(at)).time().getTime()).toBe(Math.floor(at.getTime() / 1000) * 1000);
      }),
    );
  });
});

describe('DER times', () => {
  const time = (tag: number, text: string) => readDer(der.value(tag, utf8Encode(text))).time();

  it.each([
    ['500101000000Z', '1950-01-01T00:00:00.000Z'],
    ['491231235959Z', '2049-12-31T23:59:59.000Z'],
    ['000229120000Z', '2000-02-29T12:00:00.000Z'],
  ])('reads UTCTime %s', (text, iso) => {
    expect(time(derTag.utcTime, text).toISOString()).toBe(iso);
  });

  it.each([
    ['20500101000000Z', '2050-01-01T00:00:00.000Z'],
    ['20240101000000.5Z', '2024-01-01T00:00:00.500Z'],
    ['20240101000000.123456789Z', '2024-01-01T00:00:00.123Z'],
  ])('reads GeneralizedTime %s', (text, iso) => {
    expect(time(derTag.generalizedTime, text).toISOString()).toBe(iso);
  });

  it.each([
    [derTag.utcTime, '2401010000Z'],
    [derTag.utcTime, '240101000000'],
    [derTag.utcTime, '240101000000+0000'],
    [derTag.utcTime, '240230000000Z'],
    [derTag.utcTime, '241301000000Z'],
    [derTag.utcTime, '240101240000Z'],
    [derTag.utcTime, '240101000060Z'],
    [derTag.utcTime, '240101000000.5Z'],
    [derTag.utcTime, '20240101000000Z'],
    [derTag.generalizedTime, '20230229000000Z'],
    [derTag.generalizedTime, '20240101000000'],
    [derTag.generalizedTime, '20240101000000.Z'],
    [derTag.generalizedTime, '20240101000000.50Z'],
    [derTag.generalizedTime, '2024010100Z'],
    [derTag.generalizedTime, `20240101000000.${'1'.repeat(100_000)}Z`],
    [derTag.generalizedTime, ''],
  ])('refuses 0x%i %s', (tag, text) => {
    refused(() => time(tag, text));
  });

  it('shares no memory when joined', () => {
    const part = der.null();
    const whole = concat(part);
    part[0] = 0;
    expect(whole[0]).toBe(5);
  });
});
