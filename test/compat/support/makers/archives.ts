import { crc32, deflateRawSync } from 'node:zlib';

/** A file in an archive. */
export interface Member {
  readonly name: string;
  readonly content: Uint8Array;
}

/** A member of a ZIP file whose headers may lie. */
export interface ZipMember extends Member {
  /** What stands for the content, deflated. */
  readonly data?: Uint8Array;
  /** The size that is declared for it. */
  readonly size?: number;
  /** Where its header is said to be. */
  readonly at?: number;
  /** How it is said to be compressed; deflated, which is 8, unless told. */
  readonly method?: number;
}

/** Writes a tar archive without its end. */
export function tar(members: readonly Member[]): Buffer {
  return Buffer.concat(
    members.flatMap(({ name, content }) => {
      const header = Buffer.alloc(512);
      header.write(name);
      header.write('0000644\0'.padEnd(24, '\0'), 100);
      header.write(`${content.length.toString(8).padStart(11, '0')}\u000000000000000\u0000        0`, 124);
      header.write('ustar\u000000', 257);
      const sum = header.reduce((total, byte) => total + byte, 0);
      header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
      return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
    }),
  );
}

/** Writes a ZIP file. */
export function zip(members: readonly ZipMember[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const {
    name,
    content,
    data = deflateRawSync(content),
    size = content.length,
    at = offset,
    method = 8,
  } of members) {
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(method, 4);
    fields.writeUInt16LE(0x21, 8);
    fields.writeUInt32LE(crc32(content), 10);
    fields.writeUInt32LE(data.length, 14);
    fields.writeUInt32LE(size, 18);
    fields.writeUInt16LE(Buffer.byteLength(name), 22);
    const where = Buffer.alloc(14);
    where.writeUInt32LE(at, 10);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, Buffer.from(name), data]);
    parts.push(local);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), fields, where, Buffer.from(name)]));
    offset += local.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  const length = directory.reduce((sum, one) => sum + one.length, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}
