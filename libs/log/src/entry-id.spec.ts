import { toLeafHash } from '@countersign/merkle';
import fc from 'fast-check';
import { entryId, parseEntryName } from './entry-id.ts';

const hash = toLeafHash(new Uint8Array(32).fill(0xab));
const uuid = 'ab'.repeat(32);

describe('entryId', () => {
  it('writes the tree id as 16 hex digits', () => {
    expect(entryId('1', hash)).toBe(`0000000000000001${uuid}`);
    expect(entryId('9223372036854775807', hash)).toBe(`7fffffffffffffff${uuid}`);
  });
});

describe('parseEntryName', () => {
  it('reads what entryId writes, in either case', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (tree, bytes) => {
          const name = { treeId: tree.toString(), leafHash: bytes };
          const id = entryId(name.treeId, toLeafHash(bytes));
          expect(parseEntryName(id)).toEqual(name);
          expect(parseEntryName(id.toUpperCase())).toEqual(name);
          expect(parseEntryName(id.slice(16))).toEqual({ leafHash: bytes });
        },
      ),
    );
  });

  it.each([
    '',
    'abc',
    uuid.slice(1),
    `${uuid}0`,
    `1${uuid}`,
    `${'0'.repeat(15)}g${uuid}`,
    `${uuid.slice(2)}0x`,
    ` ${uuid.slice(1)}`,
    `${'0'.repeat(16)}${uuid}`,
    `8000000000000000${uuid}`,
    `${'f'.repeat(16)}${uuid}`,
  ])('refuses %j', (text) => {
    expect(() => parseEntryName(text)).toThrow(expect.objectContaining({ code: 'ERR_MALFORMED' }));
  });
});
