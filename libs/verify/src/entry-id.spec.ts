import { parseEntryId, sameEntry } from './entry-id.ts';

const malformed = expect.objectContaining({ code: 'ERR_MALFORMED' });
const uuid = '0123456789abcdef'.repeat(4);

describe('entry ids', () => {
  it.each([
    [uuid, { uuid, treeId: undefined }],
    [uuid.toUpperCase(), { uuid, treeId: undefined }],
    [`0000000000000001${uuid}`, { uuid, treeId: '1' }],
    [`5c5ad6b98c7cfac6${uuid}`, { uuid, treeId: '6654867491807623878' }],
    [`7fffffffffffffff${uuid}`, { uuid, treeId: '9223372036854775807' }],
  ])('%s', (text, id) => {
    expect(parseEntryId(text)).toEqual(id);
  });

  it.each([
    '',
    uuid.slice(1),
    `0${uuid}`,
    `${'0'.repeat(15)}${uuid}`,
    `${'0'.repeat(17)}${uuid}`,
    `${'0'.repeat(16)}${uuid}`,
    `8${'0'.repeat(15)}${uuid}`,
    `g${uuid.slice(1)}`,
    ` ${uuid.slice(1)}`,
    `${uuid}\n`,
  ])('%j is none', (text) => {
    expect(() => parseEntryId(text)).toThrow(malformed);
  });

  it('are compared by tree where both have one', () => {
    const [bare, one, two] = [uuid, `0000000000000001${uuid}`, `0000000000000002${uuid}`].map(parseEntryId);
    if (bare === undefined || one === undefined || two === undefined) throw new Error('three ids');
    expect([sameEntry(bare, one), sameEntry(two, bare), sameEntry(one, one), sameEntry(one, two)]).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(sameEntry(bare, { ...bare, uuid: '00'.repeat(32) })).toBe(false);
  });
});
