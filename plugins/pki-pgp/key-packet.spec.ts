import { readKey } from './key-packet.ts';
import { limits } from './limits.ts';
import { readSignature } from './signature-packet.ts';
import { algorithmOf, keyObjectOf } from './verify-signature.ts';

function number(bytes: Uint8Array): Uint8Array {
  const bits = bytes.length * 8 - Math.clz32(bytes[0] ?? 0) + 24;
  return Buffer.concat([Buffer.of(bits >> 8, bits & 0xff), bytes]);
}

function rsaKey(bits: number) {
  const modulus = Buffer.alloc(Math.ceil(bits / 8), 0xff);
  modulus[0] = 0xff >> (modulus.length * 8 - bits);
  const body = Buffer.concat([Buffer.of(4, 0, 0, 0, 1, 1), number(modulus), number(Buffer.of(1, 0, 1))]);
  return readKey(body, false);
}

describe('a key packet', () => {
  it('may have moduli up to the limits', () => {
    for (const bits of [limits.modulusBitsMin, limits.modulusBitsMax]) {
      expect(algorithmOf(rsaKey(bits))).toBe(`rsa-${bits}`);
    }
    for (const bits of [limits.modulusBitsMin - 1, limits.modulusBitsMax + 1]) {
      expect(() => keyObjectOf(rsaKey(bits))).toThrow(expect.objectContaining({ kind: 'foreign' }));
    }
  });

  it.each([
    ['of version 3', '030000000001', 'unsupported'],
    ['of version 6', '060000000001', 'foreign'],
    ['of an unknown algorithm', '040000000063', 'unsupported'],
    ['of an unknown curve', '04000000001303010203000104', 'unsupported'],
    ['with a large exponent', `0400000000010001010020${'01020304'}`, 'unsupported'],
    ['that is cut off', '0400000000010400', 'fatal'],
    ['with bytes left over', `04000000001b${'00'.repeat(33)}`, 'fatal'],
  ])('%s is refused', (_, body, kind) => {
    expect(() => readKey(Buffer.from(body, 'hex'), false)).toThrow(expect.objectContaining({ kind }));
  });

  it('whose point is on no curve cannot verify', () => {
    const body = Buffer.from(`04000000001308${'2a8648ce3d030107'}0203${'04'.padEnd(130, '1')}`, 'hex');
    expect(() => keyObjectOf(readKey(body, false))).toThrow(expect.objectContaining({ kind: 'structural' }));
  });
});

/** A signature packet's body, of version 4 and Ed25519, with these hashed subpackets. */
function signature(type: number, ...subpackets: readonly Uint8Array[]): Buffer {
  const hashed = Buffer.concat([Buffer.of(5, 2, 0, 0, 0, 1), ...subpackets]);
  const header = Buffer.of(4, type, 27, 8, hashed.length >> 8, hashed.length & 0xff);
  return Buffer.concat([header, hashed, Buffer.of(0, 0, 0, 0), Buffer.alloc(64)]);
}
const embedded = (body: Uint8Array) =>
  Buffer.concat([Buffer.of(192 + ((body.length + 1 - 192) >> 8), (body.length + 1 - 192) & 0xff, 32), body]);
const nested = (depth: number): Buffer => {
  // Padding keeps every length one of two bytes.
  const padding = Buffer.concat([Buffer.of(120, 60), Buffer.alloc(119)]);
  return depth === 0 ? signature(0x19, padding) : signature(0x19, padding, embedded(nested(depth - 1)));
};

describe('a signature packet', () => {
  it('may hold others down to the limit', () => {
    expect(readSignature(nested(limits.nesting)).claims.embedded?.claims.embedded).toBeDefined();
    expect(() => readSignature(nested(limits.nesting + 1))).toThrow(expect.objectContaining({ kind: 'too large' }));
  });

  it.each<[string, Buffer, string]>([
    ['a critical subpacket that is not known', signature(0, Buffer.of(2, 0x80 | 60, 0)), 'unsupported'],
    ['a length longer than needed', signature(0, Buffer.of(255, 0, 0, 0, 2, 60, 0)), 'fatal'],
    ['a subpacket cut off', signature(0, Buffer.of(9, 60, 0)), 'structural'],
    ['an empty subpacket', signature(0, Buffer.of(0)), 'structural'],
    ['a time of three bytes', signature(0, Buffer.of(4, 2, 0, 0, 0)), 'structural'],
    ['no time', Buffer.concat([Buffer.of(4, 0, 27, 8, 0, 0, 0, 0, 0, 0), Buffer.alloc(64)]), 'structural'],
    ['MD5', Buffer.concat([Buffer.of(4, 0, 27, 1)]), 'unsupported'],
    [
      'an embedded signature of another type',
      signature(0x18, embedded(signature(0x18, Buffer.concat([Buffer.of(191, 60), Buffer.alloc(190)])))),
      'structural',
    ],
  ])('is refused with %s', (_, body, kind) => {
    expect(() => readSignature(body)).toThrow(expect.objectContaining({ kind }));
  });

  it('says nothing in its unhashed subpackets', () => {
    const body = signature(0);
    const at = body.length - 68;
    const unhashed = Buffer.of(0, 6, 5, 3, 0, 0, 0, 1);
    const changed = Buffer.concat([body.subarray(0, at), unhashed, body.subarray(at + 2)]);
    expect(readSignature(changed).claims).toEqual({ created: 1 });
  });
});
