import { malformed } from '@countersign/errors';
import { concat, utf8Encode } from './bytes.ts';
import { contextTag, derTag } from './der-tag.ts';
import { writeTime } from './der-time.ts';
import { writeOid } from './oid.ts';

/**
 * Writes DER (X.690). Each function returns one complete value (identifier, length, contents)
 * and takes complete values where it holds values:
 *
 * ```ts
 * der.sequence(der.oid('1.2.840.10045.2.1'), der.oid('1.2.840.10045.3.1.7'));
 * ```
 */
export const der = {
  /** Any value from identifier octet and contents. */
  value: writeValue,
  sequence: (...members: readonly Uint8Array[]) => writeValue(derTag.sequence, ...members),
  /** A SET or SET OF; members are sorted as §11.6 wants them. */
  set: (...members: readonly Uint8Array[]) => writeValue(derTag.set, ...[...members].sort(Buffer.compare)),
  boolean: (value: boolean) => writeValue(derTag.boolean, Uint8Array.of(value ? 0xff : 0)),
  /** An INTEGER from a number, or from the big-endian octets of an unsigned one. */
  integer: (value: number | bigint | Uint8Array) =>
    writeValue(derTag.integer, value instanceof Uint8Array ? unsignedOctets(value) : signedOctets(BigInt(value))),
  enumerated: (value: number) => writeValue(derTag.enumerated, signedOctets(BigInt(value))),
  bitString: (bytes: Uint8Array, unusedBits = 0) => writeValue(derTag.bitString, Uint8Array.of(unusedBits), bytes),
  octetString: (bytes: Uint8Array) => writeValue(derTag.octetString, bytes),
  null: () => writeValue(derTag.null),
  /** An OBJECT IDENTIFIER from its dotted form. Throws `ERR_MALFORMED`. */
  oid: (dotted: string) => writeValue(derTag.oid, writeOid(dotted)),
  utf8String: (text: string) => writeValue(derTag.utf8String, utf8Encode(text)),
  /** Throws `ERR_MALFORMED` on characters outside of PrintableString (X.680 §41.4). */
  printableString: (text: string) => writeValue(derTag.printableString, ascii(text, /^[A-Za-z0-9 '()+,./:=?-]*$/)),
  /** Throws `ERR_MALFORMED` on what is not ASCII. */
  ia5String: (text: string) => writeValue(derTag.ia5String, ascii(text, /^\p{ASCII}*$/u)),
  /** UTCTime through 2049, GeneralizedTime after (RFC 5280 §4.1.2.5); whole seconds. */
  time: (date: Date) => writeValue(...writeTime(date)),
  generalizedTime: (date: Date) => writeValue(...writeTime(date, 'generalized')),
  /** A constructed context-specific value: an explicit tag, or an implicit SEQUENCE or SET. */
  context: (number: number, ...members: readonly Uint8Array[]) => writeValue(contextTag(number), ...members),
  /** A primitive context-specific value: an implicit string, integer or OID, from its contents octets. */
  contextPrimitive: (number: number, contents: Uint8Array) => writeValue(contextTag(number, false), contents),
} as const;

function writeValue(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const length = contents.reduce((sum, part) => sum + part.length, 0);
  if (length < 0x80) return concat(Uint8Array.of(tag, length), ...contents);
  const octets: number[] = [];
  for (let left = length; left > 0; left = Math.floor(left / 256)) octets.unshift(left % 256);
  return concat(Uint8Array.of(tag, 0x80 | octets.length, ...octets), ...contents);
}

function unsignedOctets(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (bytes[start] === 0) start++;
  const minimal = bytes.subarray(start);
  return (minimal[0] ?? 0x80) >= 0x80 ? concat(Uint8Array.of(0), minimal) : minimal;
}

function signedOctets(value: bigint): Uint8Array {
  let bits = 8;
  while (BigInt.asIntN(bits, value) !== value) bits += 8;
  return Buffer.from(
    BigInt.asUintN(bits, value)
      .toString(16)
      .padStart(bits / 4, '0'),
    'hex',
  );
}

function ascii(text: string, shape: RegExp): Uint8Array {
  if (!shape.test(text)) throw malformed('DER string', 'characters the type cannot hold');
  return Buffer.from(text, 'latin1');
}
