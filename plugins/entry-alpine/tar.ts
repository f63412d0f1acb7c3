import { isUtf8 } from 'node:buffer';
import type { PluginApi } from '@countersign/plugin-api';
import { limits } from './limits.ts';

/** A member of a tar archive. */
export interface TarMember {
  readonly name: string;
  /** A plain file; anything else has no content of interest. */
  readonly isFile: boolean;
  readonly content: Buffer;
}

const block = 512;
/** Files (`0`, NUL), links, devices, folders, FIFOs. */
const kinds = '\u000001234567';
/** What would give a member another name, place or size than its header does. */
const overriding = /^(path|size|linkpath|hdrcharset|GNU\.sparse\..*)$/;

/**
 * Reads a tar archive (POSIX.1-1988 ustar, and pax of POSIX.1-2001 as far as it changes no name and no size).
 * The blocks of zeros that end it may be cut off, as those of a package are.
 *
 * @throws `ERR_MALFORMED`
 * @throws `ERR_TOO_LARGE` on too many members
 */
export function readTar({ errors }: PluginApi, tar: Buffer, what: string): readonly TarMember[] {
  const members: TarMember[] = [];
  let at = 0;
  while (at < tar.length) {
    const header = tar.subarray(at, at + block);
    if (header.length < block) throw malformed('cut off');
    if (header.every((byte) => byte === 0)) {
      if (tar.subarray(at).some((byte) => byte !== 0)) throw malformed('something behind its end');
      break;
    }
    checkSum(header);
    const size = octal(header.subarray(124, 136));
    const content = tar.subarray(at + block, at + block + size);
    at += block + Math.ceil(size / block) * block;
    if (at > tar.length) throw malformed('cut off');
    const kind = String.fromCharCode(header[156] ?? 0);
    if (kind === 'x' || kind === 'g') checkExtension(content);
    else if (!kinds.includes(kind)) throw malformed(`member of kind ${JSON.stringify(kind)}`);
    else members.push({ name: nameOf(header), isFile: kind === '0' || kind === '\u0000', content });
    if (members.length > limits.members) {
      throw errors.refuse('ERR_TOO_LARGE', `${what} has over ${limits.members} members`);
    }
  }
  return members;

  function checkSum(header: Buffer): void {
    let sum = 8 * 0x20;
    for (const [position, byte] of header.entries()) if (position < 148 || position >= 156) sum += byte;
    if (octal(header.subarray(148, 156)) !== sum) throw malformed('checksum');
  }

  function octal(field: Buffer): number {
    const digits = field.toString('latin1').replaceAll('\0', ' ').trim();
    if (!/^[0-7]+$/.test(digits)) throw malformed('number');
    return Number.parseInt(digits, 8);
  }

  function nameOf(header: Buffer): string {
    const prefix = header.toString('latin1', 257, 262) === 'ustar' ? text(header.subarray(345, 500)) : '';
    const name = text(header.subarray(0, 100));
    return prefix === '' ? name : `${prefix}/${name}`;
  }

  function text(field: Buffer): string {
    const end = field.indexOf(0);
    const bytes = end < 0 ? field : field.subarray(0, end);
    if (!isUtf8(bytes)) throw malformed('name');
    return bytes.toString('utf8');
  }

  /** Records of `length key=value\n`, the length including itself. */
  function checkExtension(records: Buffer): void {
    for (let start = 0; start < records.length; ) {
      const [head = '', digits = '', key = ''] =
        /^([1-9][0-9]{0,6}) ([^=\n]+)=/.exec(records.toString('latin1', start, start + 300)) ?? [];
      const end = start + Number(digits);
      if (end < start + head.length + 1 || records[end - 1] !== 0x0a || overriding.test(key)) {
        throw malformed('pax record');
      }
      start = end;
    }
  }

  function malformed(part: string): Error {
    return errors.refuse('ERR_MALFORMED', `malformed ${what}: tar ${part}`);
  }
}
