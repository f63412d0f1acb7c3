import { crc32, deflateRawSync } from 'node:zlib';

/** A member as it is written; what is left out follows from the content. */
export interface MemberChoices {
  readonly name: string;
  readonly content?: Uint8Array;
  readonly method?: number;
  /** What stands for the compressed content. */
  readonly data?: Uint8Array;
  /** Bit 3 writes a descriptor. */
  readonly flags?: number;
  /** What stands behind the data. */
  readonly descriptor?: Uint8Array;
  /** What the headers declare of it, and what only one of them does. */
  readonly declared?: Partial<Declared>;
  readonly local?: Partial<Declared>;
  readonly central?: Partial<Declared>;
}

interface Declared {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly offset: number;
}

/** Writes numbers of two (`H`) or four (`I`) bytes, little-endian. */
function numbers(form: string, ...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  let length = 0;
  for (const [at, value] of values.entries()) {
    bytes.writeUInt32LE(value >>> 0, length);
    length += form[at] === 'H' ? 2 : 4;
  }
  return bytes.subarray(0, length);
}

/** Writes an archive, as wrong as it is asked to be. */
export function makeZip(
  members: readonly MemberChoices[],
  end: { count?: number; before?: Uint8Array; prefix?: Uint8Array } = {},
): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = end.prefix?.length ?? 0;
  for (const { name, content = Buffer.alloc(0), method = 0, flags = 0, ...choices } of members) {
    const data = choices.data ?? (method === 8 ? deflateRawSync(content) : content);
    const sizes = { crc: crc32(content), compressedSize: data.length, size: content.length };
    const declared = { name, flags, method, offset, ...sizes, ...choices.declared };
    const streamed = (flags & 8) === 0 ? {} : { crc: 0, compressedSize: 0, size: 0 };
    const local = { ...declared, ...streamed, ...choices.local };
    const central = { ...declared, ...choices.central };
    const fields = (one: Declared) => [
      ...[one.flags, one.method, 0, 0x21, one.crc, one.compressedSize, one.size, Buffer.byteLength(one.name)],
    ];
    const descriptor =
      choices.descriptor ??
      ((flags & 8) === 0
        ? Buffer.alloc(0)
        : numbers('IIII', 0x08074b50, declared.crc, declared.compressedSize, declared.size));
    const written = Buffer.concat([
      numbers('IHHHHHIIIHH', 0x04034b50, 20, ...fields(local), 0),
      Buffer.from(local.name),
      data,
      descriptor,
    ]);
    locals.push(written);
    centrals.push(
      numbers('IHHHHHHIIIHHHHHII', 0x02014b50, 20, 20, ...fields(central), 0, 0, 0, 0, 0, central.offset),
      Buffer.from(central.name),
    );
    offset += written.length;
  }
  const before = end.before ?? Buffer.alloc(0);
  const directory = Buffer.concat(centrals);
  const count = end.count ?? members.length;
  return Buffer.concat([
    ...[end.prefix ?? Buffer.alloc(0), ...locals, before, directory],
    numbers('IHHHHIIH', 0x06054b50, 0, 0, count, count, directory.length, offset + before.length, 0),
  ]);
}

/** What inflates to `mebibytes` of zeros and is a thousandth of that. */
export function deflateBomb(mebibytes: number): Buffer {
  const block = deflateRawSync(Buffer.alloc(1 << 20), { finishFlush: 2 });
  return Buffer.concat([...Array.from({ length: mebibytes }, () => block), Buffer.from([3, 0])]);
}
