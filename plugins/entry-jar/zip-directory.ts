import { isUtf8 } from 'node:buffer';
import type { PluginApi } from '@countersign/plugin-api';
import { limits } from './limits.ts';

/** One record of the central directory (APPNOTE.TXT 6.3.10 §4.3.12). Sizes and offsets are bytes. */
export interface DirectoryRecord {
  readonly name: string;
  readonly rawName: Buffer;
  readonly flags: number;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  /** Where the local header begins. */
  readonly offset: number;
}

/** The central directory, and where it begins. */
export interface Directory {
  readonly records: readonly DirectoryRecord[];
  readonly offset: number;
}

const endLength = 22;
const recordLength = 46;
/** Deflate's level (bits 1, 2), a data descriptor (3), names in UTF-8 (11). Encryption and patches are not among them. */
const knownFlags = 0x080e;

/**
 * Reads the central directory. The archive must end with it and its end record: no comment, no
 * ZIP64 (nothing within the limits needs it), nothing behind.
 *
 * @throws `ERR_MALFORMED`, also on names that stand twice or lead outside of a folder
 * @throws `ERR_TOO_LARGE`
 * @throws `ERR_UNSUPPORTED` on encryption and on methods but deflate
 */
export function readDirectory({ errors }: PluginApi, zip: Buffer): Directory {
  const end = zip.length - endLength;
  if (end < 0 || zip.readUInt32LE(end) !== 0x06054b50) throw malformed('it does not end with an end record');
  const count = zip.readUInt16LE(end + 10);
  const offset = zip.readUInt32LE(end + 16);
  if (
    zip.readUInt32LE(end + 4) !== 0 ||
    zip.readUInt16LE(end + 8) !== count ||
    zip.readUInt16LE(end + 20) !== 0 ||
    offset + zip.readUInt32LE(end + 12) !== end
  ) {
    throw malformed('end record');
  }
  if (count > limits.members) throw errors.refuse('ERR_TOO_LARGE', `JAR has over ${limits.members} members`);

  const records: DirectoryRecord[] = [];
  const names = new Set<string>();
  let at = offset;
  while (records.length < count) {
    if (at + recordLength > end || zip.readUInt32LE(at) !== 0x02014b50) throw malformed('central directory');
    const nameEnd = at + recordLength + zip.readUInt16LE(at + 28);
    const next = nameEnd + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
    if (next > end || zip.readUInt16LE(at + 34) !== 0) throw malformed('central directory');
    const rawName = zip.subarray(at + recordLength, nameEnd);
    const record: DirectoryRecord = {
      name: readName(rawName),
      rawName,
      flags: zip.readUInt16LE(at + 8),
      method: zip.readUInt16LE(at + 10),
      crc: zip.readUInt32LE(at + 16),
      compressedSize: zip.readUInt32LE(at + 20),
      size: zip.readUInt32LE(at + 24),
      offset: zip.readUInt32LE(at + 42),
    };
    if (names.has(record.name)) throw malformed(`${JSON.stringify(record.name)} stands twice in it`);
    if ((record.flags & ~knownFlags) !== 0 || (record.method !== 0 && record.method !== 8)) {
      throw errors.refuse('ERR_UNSUPPORTED', 'JAR member is encrypted, or compressed in an unknown way');
    }
    names.add(record.name);
    records.push(record);
    at = next;
  }
  if (at !== end) throw malformed('central directory');
  return { records, offset };

  /** A path below the archive's root (JAR File Specification; APPNOTE §4.4.17). */
  function readName(raw: Buffer): string {
    const name = raw.toString('utf8');
    const segments = (name.endsWith('/') ? name.slice(0, -1) : name).split('/');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be in a name
    const strange = /[\u0000-\u001f\u007f\\]/.test(name) || segments.some((one) => ['', '.', '..'].includes(one));
    if (!isUtf8(raw) || strange) throw malformed('name of a member');
    return name;
  }

  function malformed(what: string): Error {
    return errors.refuse('ERR_MALFORMED', `malformed JAR: ${what}`);
  }
}
