import fc from 'fast-check';
import { pack, unpack } from './packed.ts';

describe('pack', () => {
  it('gives the same parts back, in memory of their own', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array()), (parts) => {
        const packed = pack(parts);
        expect(packed.bytes.buffer.byteLength).toBe(parts.reduce((sum, part) => sum + part.length, 0));
        expect(unpack(packed).map((part) => [...part])).toEqual(parts.map((part) => [...part]));
      }),
    );
  });
});
