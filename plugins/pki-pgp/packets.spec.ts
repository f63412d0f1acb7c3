import fc from 'fast-check';
import { readPackets, writePacket } from './packets.ts';

const hex = (text: string) => Buffer.from(text, 'hex');

describe('packets', () => {
  it('are read as they are written, at every length', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 63 }), fc.uint8Array({ maxLength: 9000 }))), (list) => {
        const packets = list.map(([tag, body]) => ({ tag, body }));
        const read = readPackets(Buffer.concat(packets.map(writePacket)));
        expect(read.map(({ tag, body }) => [tag, ...body])).toEqual(packets.map(({ tag, body }) => [tag, ...body]));
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    [191, 2],
    [192, 3],
    [8383, 3],
    [8384, 6],
  ])('of %i bytes have a header of %i', (length, header) => {
    expect(writePacket({ tag: 2, body: new Uint8Array(length) })).toHaveLength(length + header);
  });

  it.each([
    ['one byte', '8801aa'],
    ['two bytes', '890001aa'],
    ['four bytes', '8a00000001aa'],
  ])('have old headers with lengths of %s', (_, file) => {
    expect(readPackets(hex(file)).map(({ tag, body }) => [tag, ...body])).toEqual([[2, 0xaa]]);
  });

  it.each([
    ['no packet', '08'],
    ['indeterminate length', '8baa'],
    ['partial length', 'c2e0aa'],
    ['a header cut off', '89'],
    ['a body cut off', 'c202aa'],
  ])('are refused with %s', (_, file) => {
    expect(() => readPackets(hex(file))).toThrow(expect.objectContaining({ kind: 'fatal' }));
  });
});
