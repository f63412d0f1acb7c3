import { crc32, inflateRawSync } from 'node:zlib';
import type { PluginApi } from '@countersign/plugin-api';
import { limits } from './limits.ts';
import { type DirectoryRecord, readDirectory } from './zip-directory.ts';

/** A file or folder (its name ends with a slash) of an archive. */
export interface ZipMember {
  readonly name: string;
  /** Uncompressed, in bytes, as declared; {@link content} holds it to that. */
  readonly size: number;
  /** Uncompresses and checks it. Throws `ERR_MALFORMED`. */
  content(): Uint8Array;
}

const headerLength = 30;
/** Flag: sizes and checksum follow the data. */
const descriptorFlag = 1 << 3;

/**
 * Reads an archive of which every reader sees the same: one that goes by the central directory and one
 * that goes from header to header. The members fill it from its first byte to the central directory, none
 * overlapping another, and both kinds of header agree.
 *
 * Before anything is uncompressed the sizes declared are held to the limits; afterwards every member to its own.
 *
 * @throws `ERR_MALFORMED`, `ERR_TOO_LARGE`, `ERR_UNSUPPORTED`
 */
export function readZip(api: PluginApi, archive: Uint8Array): readonly ZipMember[] {
  const { errors } = api;
  const zip = Buffer.from(archive.buffer, archive.byteOffset, archive.length);
  const { records, offset } = readDirectory(api, zip);

  let total = 0;
  for (const { size } of records) {
    total += size;
    if (size > limits.memberBytes) throw tooLarge(`a member is over ${limits.memberBytes} bytes`);
  }
  if (total > limits.totalBytes) throw tooLarge(`its members are over ${limits.totalBytes} bytes`);
  if (total > limits.ratio * zip.length) throw tooLarge(`its members are over ${limits.ratio} times its size`);

  const members = new Map<DirectoryRecord, ZipMember>();
  const inPlace = [...records].sort((a, b) => a.offset - b.offset);
  if ((inPlace[0]?.offset ?? 0) !== 0) throw malformed('there is something before its first member');
  for (const [position, record] of inPlace.entries()) {
    // Each has to reach to the next one, and no further.
    const data = readLocal(record, inPlace[position + 1]?.offset ?? offset);
    members.set(record, { name: record.name, size: record.size, content: () => uncompress(record, data) });
  }
  return records.map((record) => members.get(record) as ZipMember);

  /** The compressed data of a member that lasts until `end` (APPNOTE §4.3.7, §4.3.9). */
  function readLocal(record: DirectoryRecord, end: number): Buffer {
    const { offset: start, flags, method, crc, compressedSize, size, rawName } = record;
    if (start + headerLength > end || zip.readUInt32LE(start) !== 0x04034b50) throw malformed('header of a member');
    const nameEnd = start + headerLength + zip.readUInt16LE(start + 26);
    const dataStart = nameEnd + zip.readUInt16LE(start + 28);
    const dataEnd = dataStart + compressedSize;
    const described = (flags & descriptorFlag) !== 0;
    const declared = [crc, compressedSize, size];
    const agrees =
      zip.readUInt16LE(start + 6) === flags &&
      zip.readUInt16LE(start + 8) === method &&
      zip.subarray(start + headerLength, nameEnd).equals(rawName) &&
      declared.every((value, field) => {
        const local = zip.readUInt32LE(start + 14 + 4 * field);
        return local === value || (described && local === 0);
      }) &&
      (described ? isDescriptor(zip.subarray(dataEnd, end), declared) : dataEnd === end);
    if (!agrees) throw malformed(`header of ${JSON.stringify(record.name)} and central directory disagree`);
    return zip.subarray(dataStart, dataEnd);
  }

  function uncompress({ name, method, crc, size }: DirectoryRecord, data: Buffer): Uint8Array {
    const content = method === 0 ? data : inflate(data, size);
    if (content === undefined || content.length !== size || crc32(content) !== crc) {
      throw malformed(`content of ${JSON.stringify(name)}`);
    }
    return content;
  }

  function tooLarge(what: string): Error {
    return errors.refuse('ERR_TOO_LARGE', `JAR is too large: ${what}`);
  }

  function malformed(what: string): Error {
    return errors.refuse('ERR_MALFORMED', `malformed JAR: ${what}`);
  }
}

/** Whether these bytes, with or without the signature that most write, repeat what was declared. */
function isDescriptor(bytes: Buffer, declared: readonly number[]): boolean {
  const fields = bytes.length === 16 && bytes.readUInt32LE(0) === 0x08074b50 ? bytes.subarray(4) : bytes;
  return fields.length === 12 && declared.every((value, field) => fields.readUInt32LE(4 * field) === value);
}

/** All of `data` uncompressed, never more than `size` bytes; `undefined` when it is anything else. */
function inflate(data: Buffer, size: number): Buffer | undefined {
  try {
    // Declared by @types/node for the asynchronous form only.
    const { buffer, engine } = inflateRawSync(data, { info: true, maxOutputLength: Math.max(size, 1) }) as unknown as {
      readonly buffer: Buffer;
      readonly engine: { readonly bytesWritten: number };
    };
    return engine.bytesWritten === data.length ? buffer : undefined;
  } catch {
    return undefined;
  }
}
