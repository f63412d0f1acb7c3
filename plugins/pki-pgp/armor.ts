import { Problem } from './problem.ts';

/** One armored block (RFC 9580 §6.2). */
export interface Armor {
  /** Such as `PGP SIGNATURE`. */
  readonly label: string;
  readonly bytes: Uint8Array;
  /** The lines before the block and after it. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/**
 * Reads the first armored block of `lines`, or `undefined` when there is none. Its checksum is
 * checked where it has one; header lines (`Version:`, `Comment:`) mean nothing.
 */
export function readArmor(lines: readonly string[]): Armor | undefined {
  for (let begin = 0; begin < lines.length; begin++) {
    const label = /^-----BEGIN (.+)-----$/.exec(trim(lines[begin]))?.[1];
    if (label === undefined) continue;
    let at = begin + 1;
    while (trim(lines[at]).includes(':')) at++;
    if (lines[at] === undefined || trim(lines[at]) !== '') {
      // Not a block after all. The line that said so may begin one.
      begin = at - 1;
      continue;
    }
    const end = lines.findIndex((line, index) => index > at && trim(line).startsWith('-----'));
    if (trim(lines[end]) !== `-----END ${label}-----`) throw new Problem('fatal', 'armor invalid');
    const body = lines.slice(at + 1, end).map(trim);
    return { label, bytes: decode(body), before: lines.slice(0, begin), after: lines.slice(end + 1) };
  }
  return undefined;
}

/** Splits a file into lines, without their line breaks. One character is one byte. */
export function linesOf(file: Uint8Array): string[] {
  return Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString('latin1').split('\n');
}

/** Whether lines hold nothing but space. */
export function isBlank(lines: readonly string[]): boolean {
  return lines.every((line) => trim(line) === '');
}

/** Without blanks, tabs and carriage returns at either end, and without any other kind of space being taken for one. */
export function trim(line = ''): string {
  let start = 0;
  while (isSpace(line, start)) start++;
  let end = line.length;
  while (end > start && isSpace(line, end - 1)) end--;
  return line.slice(start, end);
}

function isSpace(line: string, at: number): boolean {
  return at < line.length && ' \t\r'.includes(line.charAt(at));
}

function decode(lines: readonly string[]): Uint8Array {
  const last = lines.at(-1) ?? '';
  const checked = last.length === 5 && last.startsWith('=');
  const bytes = base64((checked ? lines.slice(0, -1) : lines).join(''));
  if (checked && base64(last.slice(1)).readUIntBE(0, 3) !== crc24(bytes)) {
    throw new Problem('fatal', 'armor invalid: the checksum is another');
  }
  return bytes;
}

function base64(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new Problem('fatal', 'armor invalid: not base64');
  return bytes;
}

/** Writes a block without header lines: 64 columns, with a checksum, no line break at the end. */
export function writeArmor(label: string, bytes: Uint8Array): Buffer {
  const text = Buffer.from(bytes).toString('base64');
  const lines = text.match(/.{1,64}/g) ?? [];
  const checksum = Buffer.alloc(3);
  checksum.writeUIntBE(crc24(bytes), 0, 3);
  const block = [`-----BEGIN ${label}-----`, '', ...lines, `=${checksum.toString('base64')}`, `-----END ${label}-----`];
  return Buffer.from(block.join('\n'));
}

/** RFC 9580 §6.1.1. */
function crc24(bytes: Uint8Array): number {
  let crc = 0xb704ce;
  for (const byte of bytes) {
    crc ^= byte << 16;
    for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ ((crc & 0x800000) === 0 ? 0 : 0x1864cfb);
  }
  return crc & 0xffffff;
}
