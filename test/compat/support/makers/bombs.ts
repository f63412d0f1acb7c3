import { execFileSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { tar, type ZipMember, zip } from './archives.ts';
import { contentType } from './cms.ts';
import { der, hex, integer, tag } from './der.ts';
import { deflateBomb, gzipBomb } from './hostile.ts';
import { apk, apkProposal, helm, jar, jarProposal, rpm } from './packages.ts';
import { base64, fresh, freshName, makeKeyPair, type Proposal, proposal } from './proposal.ts';

/** A bomb: its name, what makes it, and the status that it is answered with. */
export type Bomb = readonly [name: string, make: () => Proposal, status: number];

const mebibyte = 1 << 20;
const zeros = (mebibytes: number) => Buffer.alloc(mebibytes * mebibyte);
/** Something that compresses to a little more than the hundredth part which is the limit. */
const thin = (mebibytes: number) => {
  const content = zeros(mebibytes);
  for (let at = 0; at < content.length; at += 100) content[at] = randomInt(256);
  return content;
};
const file = (choices: Partial<ZipMember>): ZipMember => ({ name: freshName(), content: fresh(), ...choices });

/** A gibibyte of zeros, by a compressor that reads standard input. */
const gibibyteBy = (command: string): Buffer =>
  execFileSync('sh', ['-c', `head -c 1073741824 /dev/zero | ${command}`], { maxBuffer: 64 * mebibyte });

export const zipBombs: readonly Bomb[] = [
  ['a member that is a thousand times its size', () => jar([], [file({ content: zeros(30) })]), 413],
  ['a member of a gibibyte that is said to be small', () => jar([], [file({ data: deflateBomb(1024) })]), 400],
  ['a signed one', () => jar([file({ data: deflateBomb(1024) })]), 400],
  [
    'a manifest of a gibibyte',
    () => jarProposal(zip([file({ name: 'META-INF/MANIFEST.MF', data: deflateBomb(1024) })])),
    400,
  ],
  [
    'a manifest over its limit',
    () => jarProposal(zip([file({ name: 'META-INF/MANIFEST.MF', content: thin(2) })])),
    413,
  ],
  ['members that overlap', () => overlapping(5000), 400],
  ['as many members as a directory can list', () => jarProposal(zip(many(65_535))), 413],
  ['members that are said to hold four gibibytes', () => jar([], [file({ size: 0xffffffff })]), 413],
  ['an archive in an archive, in four more', () => jar([file({ content: nested(5) })]), 201],
  ['signed members as large as can be', () => jar([file({ content: thin(31) }), file({ content: thin(31) })]), 201],
];

/** Each record of the directory names the one member. */
function overlapping(count: number): Proposal {
  const [first, ...others] = Array.from({ length: count }, () => file({ content: Buffer.alloc(0), at: 0 }));
  return jarProposal(zip([{ ...first, data: deflateBomb(8), name: 'a', content: zeros(8) }, ...others]));
}

function many(count: number): ZipMember[] {
  return Array.from({ length: count }, (_, at) => ({ name: `${at}`, content: Buffer.alloc(0), data: Buffer.alloc(0) }));
}

function nested(depth: number): Buffer {
  const inner = depth === 0 ? zeros(32) : nested(depth - 1);
  return zip(Array.from({ length: depth === 0 ? 1 : 16 }, () => file({ content: inner })));
}

const info = (text: string) => gzipSync(tar([{ name: '.PKGINFO', content: Buffer.from(text) }]));

export const gzipBombs: readonly Bomb[] = [
  ['a control archive of a gibibyte', () => apk(gzipBomb(1024)), 413],
  ['a signature of a gibibyte', () => apkProposal(gzipBomb(1024)), 413],
  ['data of a gibibyte', () => apk(undefined, gzipBomb(1024)), 201],
  ['data of another digest', () => apk(info('datahash = 00\n'), gzipBomb(1024)), 400],
  ['ten thousand members', () => apk(Buffer.concat(Array.from({ length: 10_000 }, () => gzipSync('')))), 400],
  ['gzip in gzip', () => apk(gzipSync(gzipSync(gzipBomb(16)))), 400],
  ['a .PKGINFO of a mebibyte of lines', () => apk(info('a=b\n'.repeat(250_000))), 400],
  ['an rpm of a gibibyte', () => rpm(gzipBomb(1024)), 201],
];

/** Bombs of `zstd` or `xz`. */
export function bombsBy(command: string, method: number): readonly Bomb[] {
  let made: Buffer | undefined;
  const bomb = () => (made ??= gibibyteBy(command));
  return [
    ['the payload of an rpm', () => rpm(bomb()), 201],
    ['a member of a jar', () => jar([], [file({ data: bomb(), method, size: mebibyte })]), 400],
    ['the data of an apk', () => apk(undefined, bomb()), 201],
    ['the control archive of an apk', () => apk(bomb()), 400],
    ['an apk', () => apkProposal(bomb()), 400],
    ['a jar', () => jarProposal(bomb()), 400],
  ];
}

const ecdsa = makeKeyPair('ecdsa');
const cose = (message: Buffer) => proposal('cose', { message: base64(message), publicKey: ecdsa.pem, data: {} });
const rekord = (format: string, signature: string | Uint8Array, key: string | Uint8Array) =>
  proposal('rekord', {
    data: { content: base64(fresh()) },
    signature: { format, content: base64(signature), publicKey: { content: base64(key) } },
  });
const nest = (depth: number): Buffer => {
  let inner: Buffer = Buffer.alloc(0);
  for (let level = 0; level < depth; level++) inner = der(tag.sequence, inner);
  return inner;
};
const integers = (count: number) => Buffer.concat(Array.from({ length: count }, () => integer(randomInt(128))));
const envelope = (payload: string, signatures: readonly unknown[]) =>
  proposal('dsse', {
    proposedContent: {
      envelope: JSON.stringify({ payloadType: 'application/vnd.in-toto+json', payload: base64(payload), signatures }),
      verifiers: [ecdsa.pem],
    },
  });
const sig = { sig: base64(fresh()) };

/** What nests, repeats or lies about its length without end. */
export const parserBombs: readonly Bomb[] = [
  ['CBOR nested a million deep', () => cose(Buffer.concat([hex('d284'), Buffer.alloc(1_000_000, 0x81)])), 413],
  ['CBOR of a map of 2^64 - 1', () => cose(hex('d28443a10126bbffffffffffffffff')), 400],
  ['CBOR bytes of 2^53', () => cose(hex('d2845b0020000000000000')), 400],
  [
    'CBOR headers of a million items',
    () => cose(Buffer.concat([hex('d284449a000f4240'), Buffer.alloc(mebibyte)])),
    400,
  ],
  ['ASN.1 nested two thousand deep', () => proposal('rfc3161', { tsr: { content: base64(nest(2000)) } }), 400],
  ['ASN.1 of a length of 2^32', () => proposal('rfc3161', { tsr: { content: base64(hex('3084ffffffff3000')) } }), 400],
  ['a signature block nested three thousand deep', () => jarWithBlock(nest(3000)), 400],
  ['a signature block of a hundred thousand members', () => jarWithBlock(der(tag.set, integers(100_000))), 400],
  ['OpenPGP of a hundred thousand packets', () => rekord('pgp', Buffer.alloc(200_000, hex('ca00')), fresh()), 413],
  ['an OpenPGP packet of four gibibytes', () => rekord('pgp', hex('c2ffffffffff04'), fresh()), 400],
  [
    'OpenPGP armor of three hundred thousand lines',
    () => rekord('pgp', `-----BEGIN PGP SIGNATURE-----\n${'a:\n'.repeat(300_000)}`, fresh()),
    400,
  ],
  ['an OpenPGP key of partial lengths', () => rekord('pgp', fresh(), Buffer.alloc(400_000, hex('c6e0'))), 400],
  [
    'a PEM file of two thousand blocks',
    () => rekord('x509', fresh(), '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n'.repeat(2000)),
    400,
  ],
  [
    'a PEM file that never ends',
    () => rekord('x509', fresh(), `-----BEGIN PUBLIC KEY-----\n${'-----BEGIN '.repeat(10_000)}`),
    400,
  ],
  ['an ssh key of sixty thousand spaces', () => rekord('ssh', fresh(), `ssh-ed25519${' '.repeat(60_000)}`), 400],
  ['a minisign key of a million lines', () => rekord('minisign', fresh(), '\n'.repeat(1_000_000)), 400],
  ['YAML of a hundred thousand lines', () => helm('a:\n'.repeat(100_000)), 201],
  [
    'YAML indented a thousand deep',
    () => helm(Array.from({ length: 1000 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')),
    201,
  ],
  ['YAML of anchors', () => helm('a: &a [b, b]\nb: &b [*a, *a]\nc: [*b, *b]'), 201],
  ['a payload of JSON nested a million deep', () => envelope('['.repeat(1_000_000), [sig]), 400],
  ['an envelope of a hundred thousand signatures', () => envelope('{}', Array(100_000).fill(sig)), 413],
  ['TUF metadata nested a million deep', () => proposal('tuf', tufOf('{"signed":'.repeat(100_000))), 400],
  ['TUF metadata of a hundred thousand signatures', () => proposal('tuf', tufOf(tufWith(100_000))), 413],
];

function jarWithBlock(block: Buffer): Proposal {
  const text = Buffer.from('Signature-Version: 1.0\r\nSHA-256-Digest-Manifest: AAAA\r\n\r\n');
  const wrapped = der(
    tag.sequence,
    hex('06092a864886f70d010702'),
    der(tag.context0, der(tag.sequence, contentType.data, block)),
  );
  return jarProposal(
    zip([
      { name: 'META-INF/MANIFEST.MF', content: Buffer.from('Manifest-Version: 1.0\r\n\r\n') },
      { name: 'META-INF/A.SF', content: text },
      { name: 'META-INF/A.EC', content: wrapped, data: deflateRawSync(wrapped) },
    ]),
  );
}

const tufOf = (metadata: string) => ({ metadata: { content: base64(metadata) }, root: { content: base64(metadata) } });
const tufWith = (count: number) =>
  JSON.stringify({ signed: { _type: 'root' }, signatures: Array(count).fill({ keyid: 'a', sig: '00' }) });
