import { beforeRpmHeader, besideZipMembers, firstGzipMember } from './file-ranges.ts';
import { behindFirstKey, besideOpenPgpSignatures } from './openpgp-ranges.ts';
import { besideItsKey, everything, lastCertificate, matching, type Range } from './ranges.ts';

/** Where a flipped bit may lead to another entry, and why. */
export interface Uncovered {
  /** What `<kind> <apiVersion> <vector> <path>` matches. */
  readonly of: RegExp;
  readonly why: string;
  readonly where: (part: Buffer) => Range[];
}

const literal = (from: number, to: number) => (): Range[] => [[from, to]];

/** The certificates of a timestamp's token: of the third version, and long. */
function certificatesIn(response: Buffer): Range[] {
  const version = Buffer.from('a003020102', 'hex');
  const ranges: Range[] = [];
  for (let at = response.indexOf(version); at !== -1; at = response.indexOf(version, at + 1)) {
    const from = at - 8;
    ranges.push([from, from + 4 + response.readUInt16BE(from + 2)]);
  }
  return ranges;
}

/** Every place that may differ. Whatever else differs is refused, or is the same entry. */
export const uncovered: readonly Uncovered[] = [
  {
    of: /^(alpine|cose|dsse|hashedrekord|intoto|rekord) .* \S*(publicKey|verifiers)\S*$/,
    why: 'the last certificate of a chain, or the only one: nobody knows who issued it; its key is covered',
    where: lastCertificate,
  },
  {
    of: /^(helm|rekord|rpm) .* \S*(publicKey|provenance|signature)\.content$/,
    why: 'an OpenPGP signature does not cover its unhashed subpackets, nor how it is written',
    where: besideOpenPgpSignatures,
  },
  {
    of: /^rekord \S+ pgp-(certified|many-binary|rebound|revoked|sub-binary|subrev|uidrev) spec\.signature\.publicKey\.content$/,
    why: 'an OpenPGP key file with more than the key needs: what is broken is passed over, as upstream does',
    where: behindFirstKey,
  },
  {
    of: /^rekord \S+ pgp-keyring-binary spec\.signature\.publicKey\.content$/,
    why: 'an OpenPGP keyring whose first key did not sign',
    where: everything,
  },
  {
    of: /^hashedrekord .* spec\.data\.hash\.value$/,
    why: 'a digest is kept as it was sent, in upper or lower case, as upstream does',
    where: matching(/[A-Fa-f]/g),
  },
  {
    of: /^alpine .* spec\.package\.content$/,
    why: 'an apk’s first member holds the signature, and nothing signs how it is compressed',
    where: firstGzipMember,
  },
  {
    of: /^jar .* spec\.archive\.content$/,
    why: 'a ZIP file’s times, versions, attributes and comments, and bits left over behind what is deflated',
    where: besideZipMembers,
  },
  {
    of: /^rpm .* spec\.package\.content$/,
    why: 'an RPM’s lead and signature header are not signed: fields there may come to be unknown ones',
    where: beforeRpmHeader,
  },
  { of: /^rfc3161 .* spec\.tsr\.content$/, why: 'granted, or granted with changes', where: literal(8, 9) },
  {
    of: /^rfc3161 .* spec\.tsr\.content$/,
    why: 'certificates in a token: nobody knows who issued them; the key that signed is covered',
    where: (response) =>
      certificatesIn(response).flatMap(([from, to]) => besideItsKey(response.subarray(from, to), from)),
  },
  {
    of: /^rfc3161 \S+ (leaf-chain|other-certificate-first) spec\.tsr\.content$/,
    why: 'a certificate in a token that did not sign it',
    where: certificatesIn,
  },
  ...[
    ['cwt-ps256', 8, 12],
    ['header-values', 44, 51],
    ['pycose-es256', 19, 24],
    ['statement-unprotected-type', 10, 38],
  ].map(([name, from, to]) => ({
    of: new RegExp(`^cose \\S+ ${name} spec\\.message$`),
    why: 'the unprotected header of a COSE message',
    where: literal(Number(from), Number(to)),
  })),
  {
    of: /^dsse \S+ three-keys spec\.proposedContent\.envelope$/,
    why: 'DSSE signs no key id',
    where: matching(/"keyid":"[^"]*"/g),
  },
  {
    of: /^dsse \S+ members-unknown spec\.proposedContent\.envelope$/,
    why: 'a member that DSSE does not know',
    where: matching(/"extra": \[\s*1/g),
  },
  {
    of: /^intoto 0\.0\.1 v1-two-signatures-one-key spec\.content\.envelope$/,
    why: 'intoto 0.0.1 has one key, which has to verify one of the signatures',
    where: matching(/"sig":"[^"]*"/g),
  },
  {
    of: /^intoto 0\.0\.2 .* spec\.content\.hash\.value$/,
    why: 'upstream takes the client’s word for the hash of the envelope, and rekor-cli compares it',
    where: everything,
  },
  {
    of: /^intoto 0\.0\.2 .* spec\.content\.envelope\.signatures\.\d\.keyid$/,
    why: 'DSSE signs no key id',
    where: everything,
  },
  {
    of: /^intoto 0\.0\.2 (?!v2-ecdsa-p521 ).* spec\.content\.envelope\.signatures\.\d\.publicKey$/,
    why: 'a key is kept as it was sent: another line break is another text',
    where: matching(/\n/g),
  },
  {
    of: /^tuf \S+ (root-next|signatures-beside) spec\.metadata\.content\.signatures\.[12]\./,
    why: 'a signature beyond the threshold, or by a key that the root does not name',
    where: everything,
  },
];
