import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { limits } from './limits.ts';
import { readPkginfo } from './pkginfo.ts';
import { codeOf, entry, type MemberChoices, makeApk, makeTar, pkginfo } from './support.fixture.ts';

const info: MemberChoices = { name: '.PKGINFO', content: pkginfo() };

/** What uncompresses to `mebibytes` of zeros and is a thousandth of that. */
function gzipBomb(mebibytes: number): Buffer {
  const block = deflateRawSync(Buffer.alloc(1 << 20), { finishFlush: 2 });
  const header = Buffer.from('1f8b0800000000000003', 'hex');
  return Buffer.concat([
    header,
    ...Array.from({ length: mebibytes }, () => block),
    Buffer.from([3, 0]),
    Buffer.alloc(8),
  ]);
}

/** Whether a package is taken, and by how much it lets the process grow, in KiB. */
async function growth(file: Buffer): Promise<{ readonly code: string; readonly kibibytes: number }> {
  const before = process.resourceUsage().maxRSS;
  return { code: await codeOf(file), kibibytes: process.resourceUsage().maxRSS - before };
}

it('admits what the fixture makes', async () => {
  expect(await codeOf(makeApk())).toBe('none');
});

describe('CVE-2026-48702, CVE-2023-30551: a package that uncompresses to more than memory', () => {
  it.each([
    ['as its signature', gzipBomb(1024)],
    ['as its control archive', makeApk({ controlFile: gzipBomb(1024) })],
  ])('is refused before it does: %s', async (_, file) => {
    const { code, kibibytes } = await growth(file);
    expect(code).toBe('ERR_TOO_LARGE');
    expect(kibibytes).toBeLessThan(256 * 1024);
  });

  it('never has its data uncompressed', async () => {
    const bomb = gzipBomb(1024);
    const { code, kibibytes } = await growth(Buffer.concat([makeApk(), bomb]));
    expect(code).toBe('ERR_ENTRY_INVALID');
    expect(kibibytes).toBeLessThan(256 * 1024);
  });

  it('is held to the limit of either archive', async () => {
    const padding = (size: number): MemberChoices => ({ name: 'padding', content: Buffer.alloc(size) });
    const left = (...members: MemberChoices[]) => limits.metadataBytes - makeTar(members).length - 512;
    const control = (size: number) => codeOf(makeApk({ control: [info, padding(size)] }));
    expect(await control(left(info))).toBe('none');
    expect(await control(left(info) + 1)).toBe('ERR_TOO_LARGE');
    const beside = (size: number) => codeOf(makeApk({ beside: [padding(size)] }));
    // Within the limit it is refused for another reason: nothing may stand beside a signature.
    expect(await beside(left({ name: '.SIGN', content: Buffer.alloc(256) }))).toBe('ERR_ENTRY_INVALID');
    expect(await beside(left({ name: '.SIGN', content: Buffer.alloc(256) }) + 1)).toBe('ERR_TOO_LARGE');
  });

  it('is held to a number of members', async () => {
    const members = (count: number) => [info, ...Array.from({ length: count - 1 }, (_, at) => ({ name: `${at}` }))];
    expect(await codeOf(makeApk({ control: members(limits.members) }))).toBe('none');
    expect(await codeOf(makeApk({ control: members(limits.members + 1) }))).toBe('ERR_TOO_LARGE');
  });
});

describe('a package that two readers see differently', () => {
  const record = (text: string) => ({ name: 'pax', kind: 'x', content: text });
  it.each([
    ['two .PKGINFO', [info, info], 'ERR_ENTRY_INVALID'],
    ['a .PKGINFO that is a link', [{ ...info, kind: '2' }], 'ERR_ENTRY_INVALID'],
    ['a name in a pax record', [record('17 path=.PKGINFO\n'), info], 'ERR_MALFORMED'],
    ['a size in a pax record', [record('10 size=1\n'), info], 'ERR_MALFORMED'],
    ['a size in a global pax record', [{ ...record('10 size=1\n'), kind: 'g' }, info], 'ERR_MALFORMED'],
    ['a sparse file', [record('22 GNU.sparse.major=1\n'), info], 'ERR_MALFORMED'],
    ['a size behind another pax record', [record('13 comment=x\n10 size=1\n'), info], 'ERR_MALFORMED'],
    ['a pax record of no length', [record('x=y\n'), info], 'ERR_MALFORMED'],
    ['a pax record of no length behind another', [record('13 comment=x\nx=y\n'), info], 'ERR_MALFORMED'],
    ['a pax record that is too short', [record('4 comment=x\n'), info], 'ERR_MALFORMED'],
    ['a pax record that is too long', [record('99 comment=x\n'), info], 'ERR_MALFORMED'],
    ['a long name of GNU', [{ name: 'x', kind: 'L', content: '.PKGINFO\0' }, info], 'ERR_MALFORMED'],
    ['zeros and then a member', [info, { name: '', kind: '0' }], 'none'],
    ['a comment in a pax record', [record('13 comment=x\n'), info], 'none'],
  ])('is refused, or none: %s', async (_, control, code) => {
    expect(await codeOf(makeApk({ control }))).toBe(code);
  });

  it.each([
    ['cut off', makeTar([info]).subarray(0, 700)],
    ['with something behind its end', Buffer.concat([makeTar([info]), Buffer.alloc(512), makeTar([info])])],
    [
      'with a size that is no number',
      Buffer.from(makeTar([info]).toString('latin1').replace('00000000', '0000000x'), 'latin1'),
    ],
    [
      'with another name than its checksum is of',
      Buffer.from(makeTar([info]).toString('latin1').replace('.P', '.Q'), 'latin1'),
    ],
  ])('is refused: a tar archive %s', async (_, tar) => {
    expect(await codeOf(makeApk({ controlFile: gzipSync(tar) }))).toBe('ERR_MALFORMED');
  });

  it.each([
    ['no header', (gzip: Buffer) => gzip.subarray(0, 3)],
    ['another method', (gzip: Buffer) => Buffer.concat([gzip.subarray(0, 2), Buffer.from([7]), gzip.subarray(3)])],
    [
      'flags that are reserved',
      (gzip: Buffer) => Buffer.concat([gzip.subarray(0, 3), Buffer.from([32]), gzip.subarray(4)]),
    ],
    [
      'an extra field without end',
      (gzip: Buffer) => Buffer.concat([gzip.subarray(0, 3), Buffer.from([4]), gzip.subarray(4, 10)]),
    ],
    [
      'a name without end',
      (gzip: Buffer) => Buffer.concat([gzip.subarray(0, 3), Buffer.from([8]), Buffer.alloc(6), Buffer.from('name')]),
    ],
    [
      'another checksum of its header',
      (gzip: Buffer) =>
        Buffer.concat([
          gzip.subarray(0, 3),
          Buffer.from([2]),
          gzip.subarray(4, 10),
          Buffer.from([1, 2]),
          gzip.subarray(10),
        ]),
    ],
    ['another checksum', (gzip: Buffer) => Buffer.concat([gzip.subarray(0, -8), Buffer.alloc(4), gzip.subarray(-4)])],
    ['another length', (gzip: Buffer) => Buffer.concat([gzip.subarray(0, -4), Buffer.alloc(4)])],
    ['no end', (gzip: Buffer) => gzip.subarray(0, -10)],
  ])('is refused: gzip with %s', async (_, broken) => {
    const file = makeApk();
    const second = file.indexOf(Buffer.from('1f8b08', 'hex'), 10);
    const changed = broken(file.subarray(0, second));
    const behind = changed.length < 100 ? Buffer.alloc(0) : file.subarray(second);
    expect(await codeOf(Buffer.concat([changed, behind]))).toBe('ERR_MALFORMED');
    expect(crc32(changed)).not.toBe(crc32(file.subarray(0, second)));
  });
});

describe('.PKGINFO', () => {
  const read = (text: string) => Object.fromEntries(readPkginfo(entry.api, Buffer.from(text)));

  it.each([
    ['a = b', { a: 'b' }],
    ['a=b\na = c\n', { a: 'c' }],
    ['# a = b\n; c = d\n\n', {}],
    ['a = b # c', { a: 'b' }],
    ['a = b;c', { a: 'b' }],
    ['a = #b', { a: '' }],
    ['a: b = c', { a: 'b = c' }],
    ['  a\t=\tb \n', { a: 'b' }],
    [`a = "b"\nc = 'd'\ne = "f' # x\ng = "h"i"`, { a: 'b', c: 'd', e: `"f'`, g: '"h"i"' }],
    ['__proto__ = x', Object.fromEntries([['__proto__', 'x']])],
  ])('is read as upstream reads it: %j', (text, fields) => {
    expect(Object.entries(read(text))).toEqual(Object.entries(fields));
  });

  it.each([
    'a',
    '= b',
    ' = b',
    '[a]',
    'a = b\\',
    'a = `b`',
    'a = """b',
    '"a" = b',
    '`a` = b',
    '- = b',
    'a = \u0000',
    'a = b\r\n',
    '\ufeffa = b',
    'a = \u0085b',
  ])('is refused: %j', (text) => expect(() => read(text)).toThrow(expect.objectContaining({ code: 'ERR_MALFORMED' })));
});
