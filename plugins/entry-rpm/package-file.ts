import type { PluginApi } from '@countersign/plugin-api';
import { type Header, readHeader } from './header.ts';
import { limits } from './limits.ts';

const leadBytes = 96;
const leadMagic = 0xedabeedb;
/** Where the lead says of what kind the signature header is, and the only kind there is. */
const signatureTypeAt = 78;
const headerSignature = 5;

/** A package file in its parts. All share its memory. */
export interface PackageFile {
  /** Signatures and digests. Nothing signs it. */
  readonly signatureHeader: Header;
  readonly header: Header;
  readonly payload: Uint8Array;
  /** Main header and payload: what the older signatures cover. */
  readonly headerAndPayload: Uint8Array;
}

/**
 * Takes a package file apart: lead, signature header, padding, main header, payload (RPM format 4).
 *
 * @throws `ERR_MALFORMED`, and `ERR_TOO_LARGE` beyond `limits.ts`
 */
export function readPackageFile(content: Uint8Array, api: PluginApi): PackageFile {
  const malformed = (problem: string) => api.errors.refuse('ERR_MALFORMED', `malformed RPM package: ${problem}`);
  const file = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (file.length < leadBytes) throw malformed('it is cut off');
  if (file.readUInt32BE(0) !== leadMagic) throw malformed('file is not an RPM');
  const [major] = file.subarray(4);
  if ((major !== 3 && major !== 4) || file.readUInt16BE(signatureTypeAt) !== headerSignature) {
    throw malformed('an unknown version');
  }
  const signatureHeader = readHeader(file, leadBytes, 'signature header', limits.signatureHeaderFields, api);
  // The main header begins at a multiple of 8.
  const end = leadBytes + signatureHeader.bytes.length;
  const start = Math.ceil(end / 8) * 8;
  if (file.subarray(end, start).some((byte) => byte !== 0)) throw malformed('padding that is not zero');
  const header = readHeader(file, start, 'header', limits.headerFields, api);
  return {
    signatureHeader,
    header,
    payload: file.subarray(start + header.bytes.length),
    headerAndPayload: file.subarray(start),
  };
}
