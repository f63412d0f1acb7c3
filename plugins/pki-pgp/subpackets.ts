import { ByteReader } from './byte-reader.ts';
import { Problem } from './problem.ts';

/** One subpacket of a signature (RFC 9580 §5.2.3.7). */
export interface Subpacket {
  readonly type: number;
  readonly critical: boolean;
  readonly body: Uint8Array;
}

/** Splits one of a signature's two areas. Lengths must be the shortest there are: a log entry has one spelling. */
export function readSubpackets(area: Uint8Array): Subpacket[] {
  const reader = new ByteReader(area);
  const found: Subpacket[] = [];
  while (reader.rest > 0) {
    const length = readLength(reader);
    if (length === 0) throw new Problem('structural', 'zero length signature subpacket');
    if (length > reader.rest) throw new Problem('structural', 'signature subpacket truncated');
    const type = reader.number(1);
    found.push({ type: type & 0x7f, critical: type >= 0x80, body: reader.take(length - 1) });
  }
  return found;
}

function readLength(reader: ByteReader): number {
  const first = reader.number(1);
  if (first < 192) return first;
  const [length, shortest] =
    first < 255 ? [(first - 192) * 256 + reader.number(1) + 192, 192] : [reader.number(4), 16_320];
  if (length < shortest) throw new Problem('fatal', 'signature subpacket with a length longer than needed');
  return length;
}
