import { isEmail } from './email.ts';

describe('isEmail', () => {
  it.each([
    'a@b.c',
    'somebody@example.com',
    'some.body+tag@sub.example.com',
    "!#$%&'*+-/=?^_`{|}~@a.b",
    'a@b.c.',
    'a@b-_~c.d-_~e',
    'ä@ö.ü',
    '"@a.b',
    '"a"b"@c.d',
    '" a "@c.d',
    '"@"@c.d',
    '"(""@c.d',
    '"(\\"@c.d',
    'A@B.C',
  ])('takes %s', (text) => {
    expect(isEmail(text)).toBe(true);
  });

  it.each([
    '',
    'somebody',
    'me@laptop',
    '@b.c',
    'a@',
    'a@.c',
    'a@b.',
    'a@b..c',
    'a@b.c..',
    'a@-b.c',
    'a@b-.c',
    'a@b.1',
    'a@b.c1',
    'a@b.-c',
    '.a@b.c',
    'a.@b.c',
    'a..b@c.d',
    'a b@c.d',
    'a@b@c.d',
    ' a@b.c',
    'a@b.c ',
    '"ab"@c.d',
    '""@c.d',
    '"a\\"@c.d',
    '"(ä"@c.d',
    'a@b.𝒸',
    'a@b.c\n',
  ])('refuses %j', (text) => {
    expect(isEmail(text)).toBe(false);
  });

  it.each([
    ['labels', `a@${'a.'.repeat(50_000)}-`],
    ['atoms', `${'a.'.repeat(50_000)}@a.b`],
    ['quotes', `${'"('.repeat(50_000)}\\@a.b`],
    ['spaces', `${'"  '.repeat(30_000)}@a.b`],
  ])('takes little time over %s', (_, text) => {
    const started = process.cpuUsage();
    expect(isEmail(text)).toBe(false);
    expect(process.cpuUsage(started).user).toBeLessThan(500_000);
  });
});
