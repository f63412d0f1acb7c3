import * as values from './option-values.ts';

const uuid = 'ab'.repeat(32);

describe('option values', () => {
  it.each([
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['500ms', 500],
    ['1.5s', 1500],
    ['1h', 3_600_000],
    ['0', 0],
    ['0s', 0],
  ])('take the duration %s', (text, milliseconds) => expect(values.duration(text)).toBe(milliseconds));

  it.each([
    [values.duration, ['', '30', '-1s', 's', '1d', '1s ', '1.2345s', '9'.repeat(20)]],
    [values.count, ['', '-1', '1.5', '1e3', ' 1', '0x1', '9007199254740992']],
    [values.size, ['0', '-1']],
    [values.port, ['65536', '-1', 'http']],
    [values.flag, ['', 'yes', '2']],
    [values.address, ['', 'localhost:3000', 'ftp://x', 'file:///x', '//x']],
    [values.entryId, ['', uuid.slice(1), `0${uuid}`, `${uuid}g`, `${uuid}\n`]],
    [values.digest, ['', 'ab', 'sha1:'.concat('ab'.repeat(20)), `sha512:${uuid}`, `md5:${uuid}`]],
    [values.searchDigest, ['', 'ab', `sha512:${uuid}`, `md5:${uuid}`, 'ab'.repeat(48), `sha384:${'ab'.repeat(48)}`]],
    [values.email, ['', 'nobody', '@', 'a@', '@b', 'a@b c', 'a@b@c']],
    [values.searchText, ['', 'x'.repeat(513)]],
    [values.pageSize, ['0', '1001']],
    [values.kind, ['', ':0.0.1', 'a:', 'a:b', 'a b', 'a:1:2']],
    [values.treeId, ['', '-1', 'x', '1'.repeat(20)]],
    [values.base64, ['a', 'ab=', 'a-b_', ' ']],
  ] as [(text: string) => unknown, string[]][])('refuse what is wrong for %p', (parse, wrong) => {
    for (const text of wrong)
      expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'commander.invalidArgument' }));
  });

  it('take what is right', () => {
    expect(values.count('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER);
    expect(values.port('65535')).toBe(65_535);
    expect(values.address('http://127.0.0.1:3000//')).toBe('http://127.0.0.1:3000');
    expect(values.entryId(uuid.toUpperCase())).toBe(uuid);
    expect(values.digest(`SHA256:${uuid}`)).toBe(`sha256:${uuid}`);
    expect(values.digest('ab'.repeat(64))).toHaveLength(128);
    expect(values.searchDigest(`SHA1:${'AB'.repeat(20)}`)).toBe(`sha1:${'ab'.repeat(20)}`);
    expect(values.searchDigest('ab'.repeat(64))).toBe(`sha512:${'ab'.repeat(64)}`);
    expect(values.email('a@b')).toBe('a@b');
    expect(values.searchTexts('x'.repeat(512), ['a'])).toHaveLength(2);
    expect(values.pageSize('1000')).toBe(1000);
    expect(values.kind('hashedrekord:0.0.1')).toBe('hashedrekord:0.0.1');
    expect([values.flag('true'), values.flag('F'), values.flag('0')]).toEqual([true, false, false]);
    expect(values.several('b', ['a'])).toEqual(['a', 'b']);
  });
});
