import { crc32, deflateRawSync } from 'node:zlib';
import { checkDigests } from './digests.ts';
import { limits } from './limits.ts';
import { codeOf, entry, signMembers } from './support.fixture.ts';
import { deflateBomb, type MemberChoices, makeZip } from './zip.fixture.ts';
import { readZip } from './zip.ts';

const text = Buffer.from('some text, some text');
const signed = signMembers([{ name: 'a.txt', content: text, method: 8 }]);
const others = signed.slice(0, -1);
const file: MemberChoices = { name: 'a.txt', content: text, method: 8 };
/** The signed archive with its one file written in another way. */
const withFile = (choices: Partial<MemberChoices>) => makeZip([...others, { ...file, ...choices }]);
const bareDescriptor = Buffer.concat(
  [crc32(text), deflateRawSync(text).length, text.length].map((value) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  }),
);

describe('the fixtures', () => {
  it.each([
    ['deflated', {}],
    ['stored', { method: 0 }],
    ['streamed', { flags: 8 }],
    ['streamed, its descriptor without a signature', { flags: 8, descriptor: bareDescriptor }],
  ])('are admitted: %s', async (_, choices) => {
    expect(await codeOf(withFile(choices))).toBe('none');
  });
});

describe('CVE-2023-30551: a JAR that uncompresses to more than memory', () => {
  it('is held to what it declares, whatever is in it', async () => {
    const archive = withFile({ data: deflateBomb(1024) });
    const before = process.resourceUsage().maxRSS;
    expect(await codeOf(archive)).toBe('ERR_MALFORMED');
    expect(process.resourceUsage().maxRSS - before).toBeLessThan(256 * 1024);
  });

  it('is refused when a member declares too much', () => {
    const refusing = (archive: Buffer) => () => readZip(entry.api, archive);
    const code = 'ERR_TOO_LARGE';
    const padding = { name: 'padding', content: Buffer.alloc(2 * 1024 * 1024) };
    const declares = (...sizes: number[]) =>
      makeZip([padding, ...sizes.map((size, at) => ({ name: `f${at}`, declared: { size } }))]);
    const { memberBytes, totalBytes } = limits;
    expect(refusing(declares(memberBytes))).not.toThrow();
    expect(refusing(declares(memberBytes + 1))).toThrow(expect.objectContaining({ code }));
    const left = totalBytes - memberBytes - padding.content.length;
    expect(refusing(declares(memberBytes, left))).not.toThrow();
    expect(refusing(declares(memberBytes, left + 1))).toThrow(expect.objectContaining({ code }));
  });

  it('is refused when all it declares is out of proportion', () => {
    const declares = (size: number) => makeZip([{ name: 'f', declared: { size } }]);
    const most = limits.ratio * declares(0).length;
    expect(() => readZip(entry.api, declares(most))).not.toThrow();
    expect(() => readZip(entry.api, declares(most + 1))).toThrow(expect.objectContaining({ code: 'ERR_TOO_LARGE' }));
  });

  it('is refused when there are too many members', () => {
    const members = (count: number) => makeZip(Array.from({ length: count }, (_, at) => ({ name: `${at}` })));
    expect(() => readZip(entry.api, members(limits.members))).not.toThrow();
    expect(() => readZip(entry.api, members(limits.members + 1))).toThrow(
      expect.objectContaining({ code: 'ERR_TOO_LARGE' }),
    );
  });

  it('is refused when a file has too many digests', async () => {
    const digests = (...attributes: [string, string][]) =>
      checkDigests(entry.api, 'a file', new Map(attributes), { suffix: '-DIGEST', content: text });
    const value = (hash: 'sha1' | 'sha256' | 'sha384') =>
      entry.api.encoding.toBase64(entry.api.crypto.hash(hash, text));
    const three: [string, string][] = [
      ['SHA1-DIGEST', value('sha1')],
      ['SHA-256-DIGEST', value('sha256')],
      ['SHA-384-DIGEST', value('sha384')],
    ];
    expect(() => digests(...three)).not.toThrow();
    expect(() => digests(...three, ['SHA256-DIGEST', value('sha256')])).toThrow(
      expect.objectContaining({ code: 'ERR_TOO_LARGE' }),
    );
  });

  it('is refused when its metadata is too large', async () => {
    const padding = { name: 'padding', content: Buffer.alloc(limits.metadataBytes / 50) };
    const notes = (name: string, size: number) =>
      codeOf(makeZip([...signMembers([padding, { name, content: Buffer.alloc(size), method: 8 }])]));
    expect(await notes('META-INF/NOTES.TXT', limits.metadataBytes)).toBe('none');
    expect(await notes('META-INF/NOTES.TXT', limits.metadataBytes + 1)).toBe('ERR_TOO_LARGE');
    expect(await notes('META-INF/NOTES', limits.metadataBytes + 1)).toBe('none');
  });
});

describe('an archive that two readers see differently', () => {
  const size = text.length;
  const cases: [string, Buffer, string][] = [
    ['a name twice', makeZip([...signed, file]), 'ERR_MALFORMED'],
    [
      'a name twice, the other first',
      makeZip([{ name: 'a.txt', content: Buffer.from('evil') }, ...signed]),
      'ERR_MALFORMED',
    ],
    ['another name in the header', withFile({ local: { name: 'b.txt' } }), 'ERR_MALFORMED'],
    ['another method in the header', withFile({ local: { method: 0 } }), 'ERR_MALFORMED'],
    ['other flags in the header', withFile({ local: { flags: 2 } }), 'ERR_MALFORMED'],
    ['another size in the header', withFile({ local: { size: size + 1 } }), 'ERR_MALFORMED'],
    ['no size in the header', withFile({ local: { size: 0 } }), 'ERR_MALFORMED'],
    ['another checksum in the header', withFile({ local: { crc: 1 } }), 'ERR_MALFORMED'],
    ['a descriptor that disagrees', withFile({ flags: 8, descriptor: Buffer.alloc(12) }), 'ERR_MALFORMED'],
    ['no descriptor', withFile({ flags: 8, descriptor: Buffer.alloc(0) }), 'ERR_MALFORMED'],
    ['a descriptor that was not announced', withFile({ descriptor: Buffer.alloc(16) }), 'ERR_MALFORMED'],
    ['more content than declared', withFile({ declared: { size: size - 1 } }), 'ERR_MALFORMED'],
    ['less content than declared', withFile({ declared: { size: size + 1 } }), 'ERR_MALFORMED'],
    ['another checksum', withFile({ declared: { crc: 1 } }), 'ERR_MALFORMED'],
    ['bytes behind the compressed', withFile({ data: Buffer.concat([deflateRawSync(text), text]) }), 'ERR_MALFORMED'],
    ['sizes of ZIP64', withFile({ declared: { compressedSize: 0xffffffff } }), 'ERR_MALFORMED'],
    ['members that overlap', withFile({ central: { offset: 0 } }), 'ERR_MALFORMED'],
    ['a header of nothing listed', makeZip([...signed, file], { count: 4 }), 'ERR_MALFORMED'],
    ['a gap before the directory', makeZip(signed, { before: Buffer.alloc(40) }), 'ERR_MALFORMED'],
    ['bytes before the first member', Buffer.concat([text, makeZip(signed)]), 'ERR_MALFORMED'],
    ['bytes before it all that are counted in', makeZip(signed, { prefix: text }), 'ERR_MALFORMED'],
    ['bytes behind the end', Buffer.concat([makeZip(signed), text]), 'ERR_MALFORMED'],
    ['another archive behind the end', Buffer.concat([makeZip(signed), makeZip([file])]), 'ERR_MALFORMED'],
    ['an encrypted member', withFile({ flags: 1 }), 'ERR_UNSUPPORTED'],
    ['a method that is not known', withFile({ declared: { method: 12 } }), 'ERR_UNSUPPORTED'],
  ];
  it.each(cases)('is refused: %s', async (_, archive, code) => {
    expect(await codeOf(archive)).toBe(code);
  });

  it.each([
    '../a',
    'a/../b',
    './a',
    'a//b',
    '/a',
    '',
    '/',
    'a\\b',
    'a\u0000',
    'a\nb',
    '..',
  ])('is refused: a member named %j', async (name) =>
    expect(await codeOf(makeZip(signMembers([{ name, content: text }])))).toBe('ERR_MALFORMED'));

  it.each(['a/b', 'a.b..c/...', 'größe', 'a b', 'a/'])('is none: a member named %j', async (name) => {
    const content = name.endsWith('/') ? Buffer.alloc(0) : text;
    expect(await codeOf(makeZip(signMembers([{ name, content }])))).toBe('none');
  });
});
