import fc from 'fast-check';
import { mpint, string, uint32, WireReader } from './wire.ts';

const read = (bytes: Uint8Array) => new WireReader(bytes, () => new RangeError('malformed'));

describe('WireReader', () => {
  it('reads back what was written', () => {
    const bytes = fc.uint8Array({ maxLength: 100 });
    fc.assert(
      fc.property(bytes, bytes, fc.nat(), (first, second, number) => {
        const reader = read(Buffer.concat([string(first), uint32(number), string(second)]));
        expect([...reader.string()]).toEqual([...first]);
        expect(reader.uint32()).toBe(number);
        expect([...reader.string()]).toEqual([...second]);
        reader.end();
      }),
    );
  });

  it.each([
    ['nothing', []],
    ['half a length', [0, 0, 0]],
    ['a length one too large', [0, 0, 0, 2, 1]],
    ['the largest length', [255, 255, 255, 255, 1]],
  ])('refuses as a string %s', (_, bytes) => {
    expect(() => read(Uint8Array.from(bytes)).string()).toThrow('malformed');
  });

  it('refuses what is left over', () => {
    const reader = read(Uint8Array.of(0, 0, 0, 0, 1));
    reader.string();
    expect(() => reader.end()).toThrow('malformed');
  });

  it.each([
    [[], [0, 0, 0, 0]],
    [[0], [0, 0, 0, 0]],
    [
      [0, 0x80],
      [0, 0, 0, 2, 0, 0x80],
    ],
    [
      [0, 0, 0x7f],
      [0, 0, 0, 1, 0x7f],
    ],
    [
      [1, 0],
      [0, 0, 0, 2, 1, 0],
    ],
  ])('writes the number %j in the shortest way', (contents, written) => {
    expect([...mpint(read(string(Uint8Array.from(contents))).natural())]).toEqual(written);
  });

  it('refuses a negative number', () => {
    expect(() => read(string(Uint8Array.of(0x80))).natural()).toThrow('malformed');
  });
});
