import { inArmor, type Range } from './ranges.ts';

const signature = 2;
/** How many numbers a signature of an algorithm has; those that are not here have none with a length of its own. */
const numbers: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [3, 1],
  [17, 2],
  [19, 2],
  [22, 2],
]);

interface Packet {
  readonly tag: number;
  readonly from: number;
  readonly body: Buffer;
}

/** The packets of a file (RFC 9580 §4.2), none of partial length. */
function* packetsOf(file: Buffer): Generator<Packet> {
  for (let at = 0; at < file.length; ) {
    const first = file.readUInt8(at);
    const second = file.readUInt8(at + 1);
    const isNew = (first & 0x40) !== 0;
    const size = isNew ? (second < 192 ? 1 : second < 224 ? 2 : 5) : 1 << (first & 3);
    const length = !isNew
      ? file.readUIntBE(at + 1, size)
      : size === 2
        ? file.readUInt16BE(at + 1) - 0xc000 + 192
        : file.readUIntBE(at + size - (size === 5 ? 3 : 0), size === 5 ? 4 : 1);
    const from = at + 1 + size;
    yield { tag: isNew ? first & 0x3f : (first >> 2) & 0xf, from, body: file.subarray(from, from + length) };
    at = from + length;
  }
}

/** What a signature does not cover: unhashed subpackets, the hash's first two bytes, its numbers' lengths in bits. */
function* besideSignature({ from, body }: Packet): Generator<Range> {
  if (body[0] !== 4) return;
  const unhashed = 6 + body.readUInt16BE(4);
  const left = unhashed + 2 + body.readUInt16BE(unhashed);
  yield [from + unhashed, from + left + 2];
  let at = left + 2;
  for (let count = numbers.get(body.readUInt8(2)) ?? 0; count > 0; count--) {
    yield [from + at, from + at + 2];
    at += 2 + Math.ceil(body.readUInt16BE(at) / 8);
  }
}

const besideSignatures = (file: Buffer): Range[] =>
  [...packetsOf(file)].filter(({ tag }) => tag === signature).flatMap((packet) => [...besideSignature(packet)]);

/** In whichever form the packets come: binary, or in one armored block, which covers everything where it has a checksum. */
function anyForm(file: Buffer, inside: (packets: Buffer) => Range[]): Range[] {
  if ((file[0] ?? 0) >= 0x80) return inside(file);
  const text = file.toString('latin1');
  const armor = /-----BEGIN PGP (?:SIGNATURE|PUBLIC KEY BLOCK)-----\n\n([A-Za-z0-9+/\n]+=*)\n-----END/.exec(text);
  return armor?.[1] === undefined ? [] : inArmor(text, armor[1], armor.index + armor[0].indexOf(armor[1]), inside);
}

/** What no signature of an OpenPGP file covers. */
export const besideOpenPgpSignatures = (file: Buffer): Range[] => anyForm(file, besideSignatures);

/** Everything in a binary OpenPGP key file but its first key. */
export function behindFirstKey(file: Buffer): Range[] {
  const [first] = packetsOf(file);
  return first === undefined ? [] : [[first.from + first.body.length, file.length]];
}
