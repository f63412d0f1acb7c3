/**
 * One value of DER (X.690): identifier and length are checked, contents are read on demand. Every
 * method throws `ERR_MALFORMED` when the value is not what it asks for.
 */
export interface DerValue {
  /** The identifier octet: class, constructed bit and number, such as 0x30 for a SEQUENCE and 0xa0 for `[0]`. */
  readonly tag: number;
  /** The contents octets; shares the memory of the input. */
  readonly contents: Uint8Array;
  /** Identifier, length and contents; shares the memory of the input. */
  readonly raw: Uint8Array;
  /** This value, when it has the tag. */
  expect(tag: number): this;
  /** The values inside, of a `tag` when given. The order of a SET OF is not checked. */
  children(tag?: number): DerValue[];
  boolean(tag?: number): boolean;
  /** An INTEGER of any size and sign. */
  integer(tag?: number): bigint;
  /** An INTEGER's two's complement octets, minimal. */
  integerBytes(tag?: number): Uint8Array;
  /** A BIT STRING of whole octets. */
  bitStringBytes(tag?: number): Uint8Array;
  octetString(tag?: number): Uint8Array;
  null(): void;
  /** An OBJECT IDENTIFIER in dotted form. */
  oid(tag?: number): string;
  /** A character string of any of the usual types. */
  text(): string;
  /** A UTCTime or GeneralizedTime, in UTC with seconds. */
  time(): Date;
}
