import type { Range } from './ranges.ts';

/** The headers of a ZIP file by what they say, and the last byte of what is deflated, of which bits may be left over. */
export function besideZipMembers(zip: Buffer): Range[] {
  const ranges: Range[] = [];
  const end = zip.length - 22;
  for (let at = zip.readUInt32LE(end + 16); at < end; ) {
    const flags = zip.readUInt16LE(at + 8);
    const deflated = zip.readUInt16LE(at + 10) === 8;
    const name = zip.readUInt16LE(at + 28);
    const rest = zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
    const local = zip.readUInt32LE(at + 42);
    const localName = zip.readUInt16LE(local + 26);
    const data = local + 30 + localName + zip.readUInt16LE(local + 28);
    const last = data + zip.readUInt32LE(at + 20) - 1;
    // Versions, times, attributes, extra fields and comments; sizes where a descriptor repeats them.
    ranges.push([local + 4, local + 6], [local + 10, local + 14], [local + 30 + localName, data]);
    ranges.push([at + 4, at + 8], [at + 12, at + 16], [at + 36, at + 42], [at + 46 + name, at + 46 + name + rest]);
    if ((flags & 8) !== 0) ranges.push([local + 18, local + 26]);
    if (deflated) ranges.push([last, last + 1]);
    at += 46 + name + rest;
  }
  return ranges;
}

/**
 * Of the first gzip member of an apk: time, level, system, names, and data that uncompress to the same. Where its header has
 * a checksum, which is flag 2, nothing.
 */
export function firstGzipMember(apk: Buffer): Range[] {
  if (((apk[3] ?? 0) & 2) !== 0) return [];
  return [[4, apk.indexOf(Buffer.from('1f8b08', 'hex'), 10) - 8]];
}

/** Of an RPM: the lead but for its magic, and the header that holds signatures. */
export function beforeRpmHeader(rpm: Buffer): Range[] {
  return [[4, rpm.lastIndexOf(Buffer.from('8eade80100000000', 'hex'))]];
}
