import { pluginErrorCodes } from '@countersign/plugin-api';
import { createPluginApi } from '@countersign/plugin-host';
import fc from 'fast-check';
import { readHeader } from './header.ts';
import { limits } from './limits.ts';
import { binary, indexEntry, integer, rawHeader, text, writeHeader } from './package.fixture.ts';
import { readPackageFile } from './package-file.ts';
import { storedHeaders } from './stored-headers.ts';
import { tags } from './tags.ts';

const api = createPluginApi({ get: () => expect(true).toBe(false) as never, ids: () => [] });
const read = (bytes: Buffer, at = 0) => readHeader(bytes, at, 'header', limits.headerFields, api);
const fields = (count: number) => Array.from({ length: count }, (_, tag) => binary(tag + 1000, Buffer.of(tag % 256)));
const malformed = expect.objectContaining({ code: 'ERR_MALFORMED' });
const tooLarge = expect.objectContaining({ code: 'ERR_TOO_LARGE' });

describe('an RPM header', () => {
  it('is read as it was written, wherever it stands', () => {
    const text32 = fc.string({ unit: 'binary', maxLength: 32 }).map((value) => value.replaceAll('\0', ''));
    fc.assert(
      fc.property(text32, fc.nat(0xffffffff), fc.uint8Array({ minLength: 1 }), fc.nat(9), (name, epoch, sum, at) => {
        const written = writeHeader([
          text(1000, Buffer.from(name).toString('latin1')),
          binary(1001, sum),
          integer(1003, epoch),
        ]);
        const header = read(Buffer.concat([Buffer.alloc(at), written, Buffer.alloc(5)]), at);
        expect(header.text(1000)).toBe(name);
        expect(header.binary(1001)).toEqual(Buffer.from(sum));
        expect(header.integer(1003)).toBe(epoch);
        expect(header.text(1)).toBeUndefined();
        expect(Buffer.from(header.bytes)).toEqual(written);
      }),
    );
  });

  it('is refused by code, or read, whatever its index says', () => {
    const number = fc.oneof(fc.integer({ min: -2, max: 40 }), fc.constantFrom(0x7fffffff, -0x80000000, 0x10000000));
    const entry = fc
      .tuple(fc.constantFrom(62, 1000, 1001, 1002), fc.nat(11), number, number)
      .map((values) => indexEntry(...values));
    const sizes = fc.record({ entries: number, bytes: number }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), fc.uint8Array({ maxLength: 40 }), sizes, (index, store, lies) => {
        try {
          const header = read(rawHeader(index, store, lies));
          for (const tag of [1000, 1001, 1002]) {
            for (const get of [header.text, header.binary, header.integer]) {
              try {
                get(tag);
              } catch (error) {
                expect(error).toEqual(malformed);
              }
            }
          }
        } catch (error) {
          expect(pluginErrorCodes).toContain((error as { code?: string }).code);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('may have as many fields as the limit, and no more', () => {
    expect(read(writeHeader(fields(limits.headerFields))).binary(1000)).toEqual(Buffer.of(0));
    expect(() => read(writeHeader(fields(limits.headerFields + 1)))).toThrow(tooLarge);
  });

  it('is refused at once when all its fields share one great store', () => {
    const store = Buffer.alloc(16 * 1024);
    const index = Array.from({ length: limits.headerFields }, (_, at) => indexEntry(1000 + at, 8, 0, store.length));
    expect(() => read(rawHeader(index, store))).toThrow(malformed);
  });

  it('may begin with the region that frames it, and with no other field out of order', () => {
    const region = (tag: number) => rawHeader([indexEntry(tag, 7, 2, 16), indexEntry(1000, 6, 0, 1)], Buffer.alloc(18));
    for (const tag of [61, 62, 63]) expect(read(region(tag)).text(1000)).toBe('');
    for (const tag of [60, 64]) expect(() => read(region(tag))).toThrow(malformed);
  });

  it.each([
    [3, 2],
    [4, 4],
    [5, 8],
  ])('has numbers of type %i at multiples of %i', (type, size) => {
    const at = (offset: number) => rawHeader([indexEntry(1000, type, offset, 1)], Buffer.alloc(offset + size));
    expect(() => read(at(size))).not.toThrow();
    for (let offset = 1; offset < size; offset++) expect(() => read(at(offset))).toThrow(malformed);
  });

  it.each([[0], [10]])('has no field of type %i', (type) => {
    expect(() => read(rawHeader([indexEntry(1000, type, 0, 1)], Buffer.alloc(8)))).toThrow(malformed);
  });
});

describe('what the log says of a package', () => {
  const stored = (value: string) => {
    const header = read(writeHeader([1000, 1001, 1002, 1022].map((tag) => text(tag, tag === 1022 ? value : 'x'))));
    const none = new Uint8Array();
    const signatureHeader = read(writeHeader([]));
    return storedHeaders({ header, signatureHeader, payload: none, headerAndPayload: none }, api);
  };

  it('is no longer than the limit', () => {
    const most = 'é'.repeat(limits.textBytes / 2);
    const latin = Buffer.from(most).toString('latin1');
    expect(stored(latin)).toEqual({ Name: 'x', Epoch: '0', Version: 'x', Release: 'x', Architecture: most });
    expect(() => stored(`${latin}x`)).toThrow(tooLarge);
  });

  it('keeps a mark at the beginning of a text', () => {
    const header = read(writeHeader([text(tags.name, '\xef\xbb\xbfx')]));
    expect(header.text(tags.name)).toBe('\ufeffx');
  });
});

describe('a package file', () => {
  it('may have as many fields before the header as the limit, and no more', () => {
    const file = (count: number) => {
      const lead = Buffer.alloc(96);
      lead.writeUInt32BE(0xedabeedb);
      lead[4] = 4;
      lead.writeUInt16BE(5, 78);
      const signatures = writeHeader(fields(count));
      const padding = Buffer.alloc((8 - (signatures.length % 8)) % 8);
      return Buffer.concat([lead, signatures, padding, writeHeader([])]);
    };
    expect(readPackageFile(file(limits.signatureHeaderFields), api).payload).toHaveLength(0);
    expect(() => readPackageFile(file(limits.signatureHeaderFields + 1), api)).toThrow(tooLarge);
  });
});
