import { entryParameter, integerParameter, type Query, requiredInteger, treeIdParameter } from './parameters.ts';

const read = (text: string) => integerParameter({ n: text }, 'n', 0);

function refusal(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    const { code, details, message } = error as { code: string; details: { code: number }; message: string };
    expect(code).toBe('ERR_SCHEMA');
    return [details.code, message];
  }
}

describe('integerParameter', () => {
  it.each([
    ['0', 0],
    ['00012', 12],
    ['+7', 7],
    ['-0', -0],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9223372036854775807', 2 ** 63],
  ])('reads %s', (text, value) => {
    expect(read(text)).toBe(value);
  });

  it.each([
    'abc',
    '1.5',
    '1e3',
    '0x10',
    ' 1',
    '1 ',
    '١',
    '9223372036854775808',
    '-9223372036854775809',
    '1'.repeat(50),
    '+',
    '--1',
  ])('refuses %j', (text) => {
    expect(refusal(() => read(text))).toEqual([601, `n in query must be of type int64: ${JSON.stringify(text)}`]);
  });

  it('quotes no more of a long value than is of use', () => {
    expect(String(refusal(() => read('x'.repeat(5000))))).toHaveLength(
      '601,n in query must be of type int64: ""'.length + 100,
    );
  });

  it('takes the last of several, and an empty one for none', () => {
    const query: Query = { n: ['1', '2'], empty: '', ended: ['1', ''] };
    expect(integerParameter(query, 'n', 0)).toBe(2);
    expect(integerParameter(query, 'empty', 0)).toBeUndefined();
    expect(integerParameter(query, 'ended', 0)).toBeUndefined();
    expect(integerParameter(query, 'absent', 0)).toBeUndefined();
  });

  it('has a least value, one below which is refused', () => {
    expect(integerParameter({ n: '1' }, 'n', 1)).toBe(1);
    expect(refusal(() => integerParameter({ n: '0' }, 'n', 1))).toEqual([
      609,
      'n in query should be greater than or equal to 1',
    ]);
  });

  it('can be required', () => {
    expect(refusal(() => requiredInteger({}, 'n', 0))).toEqual([602, 'n in query is required']);
    expect(requiredInteger({ n: '3' }, 'n', 0)).toBe(3);
  });
});

describe('treeIdParameter', () => {
  it('takes digits only', () => {
    expect(treeIdParameter({ treeID: '007' })).toBe('007');
    expect(treeIdParameter({})).toBeUndefined();
    for (const treeID of ['x', '-1', '1\n']) {
      expect(refusal(() => treeIdParameter({ treeID }))).toEqual([605, "treeID in query should match '^[0-9]+$'"]);
    }
  });
});

describe('entryParameter', () => {
  it('takes 64 or 80 hex digits', () => {
    for (const length of [64, 80]) expect(entryParameter('aB'.repeat(length / 2))).toHaveLength(length);
    for (const length of [0, 63, 65, 79, 81])
      expect(refusal(() => entryParameter('a'.repeat(length)))).toMatchObject([605, {}]);
  });
});
