import { CountersignError, malformed } from '@countersign/errors';
import { asBuffer, utf8Decode } from './bytes.ts';
import { derTag } from './der-tag.ts';
import { readTime } from './der-time.ts';
import { limits } from './limits.ts';
import { readOid } from './oid.ts';

/**
 * One value of DER (X.690): identifier and length are checked, contents are read on demand.
 * Every method throws `ERR_MALFORMED` when the value is not what it asks for.
 */
export class DerValue {
  /** The identifier octet: class, constructed bit and number. Compare with `derTag` and `contextTag()`. */
  readonly tag: number;
  /** The contents octets; shares the memory of the input. */
  readonly contents: Uint8Array;
  /** Identifier, length and contents; shares the memory of the input. */
  readonly raw: Uint8Array;
  readonly #depth: number;

  constructor(tag: number, contents: Uint8Array, raw: Uint8Array, depth: number) {
    this.tag = tag;
    this.contents = contents;
    this.raw = raw;
    this.#depth = depth;
  }

  /** Whether the contents are values in turn. */
  get constructed(): boolean {
    return (this.tag & 0x20) !== 0;
  }

  /** This value, when it has the tag. */
  expect(tag: number): this {
    if (this.tag !== tag) {
      throw malformed('DER', `tag 0x${this.tag.toString(16)} where 0x${tag.toString(16)} belongs`);
    }
    return this;
  }

  /** The values inside, of a `tag` when given. The order of a SET OF is not checked: real certificates get it wrong. */
  children(tag?: number): DerValue[] {
    if (tag !== undefined) this.expect(tag);
    if (!this.constructed) throw malformed('DER', 'primitive where constructed belongs');
    if (this.#depth === limits.derDepth) throw malformed('DER', 'nested too deeply');
    const values: DerValue[] = [];
    for (let at = 0; at < this.contents.length; ) {
      if (values.length === limits.derChildren) throw malformed('DER', 'too many members');
      const value = readAt(this.contents, at, this.#depth + 1);
      values.push(value);
      at += value.raw.length;
    }
    return values;
  }

  /** A BOOLEAN (§11.1). */
  boolean(tag: number = derTag.boolean): boolean {
    const [octet] = this.expect(tag).contents;
    if (this.contents.length !== 1 || (octet !== 0 && octet !== 0xff)) throw malformed('DER BOOLEAN');
    return octet === 0xff;
  }

  /** An INTEGER's two's complement octets, minimal (§8.3). */
  integerBytes(tag: number = derTag.integer): Uint8Array {
    const [first, second = 0] = this.expect(tag).contents;
    if (first === undefined) throw malformed('DER INTEGER', 'empty');
    const redundant = (first === 0 && second < 0x80) || (first === 0xff && second >= 0x80);
    if (this.contents.length > 1 && redundant) throw malformed('DER INTEGER', 'not minimal');
    return this.contents;
  }

  /** An INTEGER (§8.3) of any size and sign. */
  integer(tag: number = derTag.integer): bigint {
    const bytes = this.integerBytes(tag);
    return BigInt.asIntN(bytes.length * 8, BigInt(`0x${asBuffer(bytes).toString('hex')}`));
  }

  /** A BIT STRING (§8.6, §11.2): octets and how many bits of the last one are unused (and zero). */
  bitString(tag: number = derTag.bitString): { readonly bytes: Uint8Array; readonly unusedBits: number } {
    const [unusedBits] = this.expect(tag).contents;
    const bytes = this.contents.subarray(1);
    if (unusedBits === undefined || unusedBits > 7 || (bytes.length === 0 && unusedBits > 0)) {
      throw malformed('DER BIT STRING');
    }
    if (((bytes.at(-1) ?? 0) & ((1 << unusedBits) - 1)) !== 0) throw malformed('DER BIT STRING', 'unused bits are set');
    return { bytes, unusedBits };
  }

  /** A BIT STRING of whole octets: keys and signatures. */
  bitStringBytes(tag: number = derTag.bitString): Uint8Array {
    const { bytes, unusedBits } = this.bitString(tag);
    if (unusedBits !== 0) throw malformed('DER BIT STRING', 'not whole octets');
    return bytes;
  }

  /** An OCTET STRING's octets. */
  octetString(tag: number = derTag.octetString): Uint8Array {
    return this.expect(tag).contents;
  }

  /** A NULL. */
  null(): void {
    if (this.expect(derTag.null).contents.length !== 0) throw malformed('DER NULL');
  }

  /** An OBJECT IDENTIFIER (§8.19) in dotted form. */
  oid(tag: number = derTag.oid): string {
    return readOid(this.expect(tag).contents);
  }

  /** A character string of a type that names are written in, X.520's DirectoryString and its neighbours (§8.23). */
  text(): string {
    switch (this.tag) {
      case derTag.utf8String:
        return utf8Decode(this.contents);
      case derTag.teletexString: // In practice Latin-1.
        return asBuffer(this.contents).toString('latin1');
      case derTag.bmpString: {
        if (this.contents.length % 2 !== 0) throw malformed('DER BMPString');
        const text = Buffer.from(this.contents).swap16().toString('utf16le');
        if (!text.isWellFormed()) throw malformed('DER BMPString');
        return text;
      }
      case derTag.printableString:
      case derTag.ia5String:
      case derTag.numericString:
        if (this.contents.some((octet) => octet > 0x7f)) throw malformed('DER string', 'not ASCII');
        return asBuffer(this.contents).toString('latin1');
      default:
        throw malformed('DER string', `tag 0x${this.tag.toString(16)}`);
    }
  }

  /** A UTCTime (years 1950 to 2049) or GeneralizedTime, both in UTC with seconds (§11.7, §11.8). */
  time(): Date {
    return readTime(this.tag, this.contents);
  }
}

/**
 * Reads exactly one DER value (X.690 §10): definite, minimal lengths; tag numbers up to 30;
 * strings primitive; SEQUENCE and SET constructed; nothing after it.
 *
 * @throws `ERR_MALFORMED`
 * @throws `ERR_TOO_LARGE` on more bytes than `limits.derBytes`
 */
export function readDer(bytes: Uint8Array): DerValue {
  if (bytes.length > limits.derBytes) {
    throw new CountersignError('ERR_TOO_LARGE', `DER of ${bytes.length} bytes is over the limit of ${limits.derBytes}`);
  }
  const value = readAt(bytes, 0, 0);
  if (value.raw.length !== bytes.length) throw malformed('DER', 'trailing data');
  return value;
}

function readAt(bytes: Uint8Array, at: number, depth: number): DerValue {
  const tag = bytes[at];
  let length = bytes[at + 1];
  if (tag === undefined || length === undefined) throw malformed('DER', 'truncated');
  checkTag(tag);
  let start = at + 2;
  if (length >= 0x80) {
    const octets = length & 0x7f;
    if (octets === 0 || octets > 4) throw malformed('DER', 'wrong length');
    length = 0;
    for (const end = start + octets; start < end; start++) {
      const octet = bytes[start];
      if (octet === undefined) throw malformed('DER', 'truncated');
      length = length * 256 + octet;
    }
    if (length < 0x80 || length < 256 ** (octets - 1)) throw malformed('DER', 'length not minimal');
  }
  const end = start + length;
  if (end > bytes.length) throw malformed('DER', 'truncated');
  return new DerValue(tag, bytes.subarray(start, end), bytes.subarray(at, end), depth);
}

function checkTag(tag: number): void {
  const number = tag & 0x1f;
  if (number === 0x1f) throw malformed('DER', 'tag number over 30');
  if ((tag & 0xc0) !== 0) return;
  // Of the universal types DER leaves only SEQUENCE, SET, EXTERNAL and EMBEDDED PDV constructed; 0 ends indefinite lengths.
  const constructed = number === 0x10 || number === 0x11 || number === 0x08 || number === 0x0b;
  if (number === 0 || constructed !== ((tag & 0x20) !== 0)) throw malformed('DER', `tag 0x${tag.toString(16)}`);
}
