import { CountersignError, malformed } from '@countersign/errors';
import { maxBundleEntryBytes } from './limits.ts';
import { tileWidth } from './tile.ts';

/**
 * Writes an entry bundle: each entry behind its length as a big-endian uint16 (C2SP tlog-tiles).
 * Throws `ERR_TOO_LARGE` for an entry over 65535 bytes, `RangeError` unless there are 1 to 256 entries.
 */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  if (entries.length < 1 || entries.length > tileWidth) throw new RangeError(`no bundle has ${entries.length} entries`);
  const bundle = new Uint8Array(entries.reduce((sum, entry) => sum + 2 + entry.length, 0));
  const view = new DataView(bundle.buffer);
  let at = 0;
  for (const entry of entries) {
    if (entry.length > maxBundleEntryBytes) {
      throw new CountersignError('ERR_TOO_LARGE', `an entry of a bundle may have ${maxBundleEntryBytes} bytes`, {
        details: { limit: maxBundleEntryBytes, found: entry.length },
      });
    }
    view.setUint16(at, entry.length);
    bundle.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bundle;
}

/** The entries of a bundle, as views into it. Throws `ERR_MALFORMED` unless it is 1 to 256 whole entries. */
export function decodeEntryBundle(bundle: Uint8Array): Uint8Array[] {
  const view = new DataView(bundle.buffer, bundle.byteOffset, bundle.byteLength);
  const entries: Uint8Array[] = [];
  for (let at = 0; at < bundle.length; ) {
    if (entries.length === tileWidth) throw malformed('entry bundle', `more than ${tileWidth} entries`);
    const start = at + 2;
    const end = start <= bundle.length ? start + view.getUint16(at) : Number.POSITIVE_INFINITY;
    if (end > bundle.length) throw malformed('entry bundle', 'cut short');
    entries.push(bundle.subarray(start, end));
    at = end;
  }
  if (entries.length === 0) throw malformed('entry bundle', 'empty');
  return entries;
}
