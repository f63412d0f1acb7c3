/** Identifier octets (X.690 §8.1.2) of the universal types in use, as DER allows them. */
export const derTag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  universalString: 0x1c,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** The identifier octet of a context-specific tag 0 to 30: constructed (explicit, or an implicit SEQUENCE) or primitive. */
export function contextTag(number: number, constructed = true): number {
  if (!Number.isInteger(number) || number < 0 || number > 30) throw new RangeError(`no context tag ${number}`);
  return (constructed ? 0xa0 : 0x80) | number;
}
