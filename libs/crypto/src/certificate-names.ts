import { SocketAddress } from 'node:net';
import { contextTag, type DerValue, derTag, readDer, utf8Decode } from '@countersign/encoding';
import { malformed } from '@countersign/errors';

const emailAddressOid = '1.2.840.113549.1.9.1';
/** Fulcio's name for an identity that is none of the usual ones, such as `user!domain`. */
const fulcioOtherNameOid = '1.3.6.1.4.1.57264.1.7';

/** GeneralName's choices (RFC 5280 §4.2.1.6), by identifier octet. */
const choice = {
  otherName: contextTag(0),
  email: contextTag(1, false),
  dns: contextTag(2, false),
  uri: contextTag(6, false),
  ip: contextTag(7, false),
} as const;
/** x400Address, directoryName, ediPartyName, registeredID: names nobody signs by. */
const ignored: readonly number[] = [contextTag(3), contextTag(4), contextTag(5), contextTag(8, false)];

/**
 * Reads a subjectAltName extension into upstream's order: DNS names, e-mail addresses, IP
 * addresses, URIs, and Fulcio's otherName when it is the only otherName. Throws `ERR_MALFORMED`.
 */
export function readSubjectAltNames(extension: Uint8Array | undefined): string[] {
  if (extension === undefined) return [];
  const names = readDer(extension).children(derTag.sequence);
  const known: readonly number[] = Object.values(choice);
  if (names.some(({ tag }) => !known.includes(tag) && !ignored.includes(tag))) throw malformed('subjectAltName');
  const of = (tag: number) => names.filter((name) => name.tag === tag);
  return [
    ...of(choice.dns).map(readIa5),
    ...of(choice.email).map(readIa5),
    ...of(choice.ip).map(readIp),
    ...of(choice.uri).map(readIa5),
    ...readOtherName(of(choice.otherName)),
  ];
}

function readIa5({ contents }: DerValue): string {
  if (contents.some((octet) => octet > 0x7f)) throw malformed('subjectAltName', 'not ASCII');
  return utf8Decode(contents);
}

function readIp({ contents }: DerValue): string {
  if (contents.length === 4) return contents.join('.');
  if (contents.length !== 16) throw malformed('subjectAltName', 'IP address');
  const hex = Buffer.from(contents).toString('hex');
  // Go, and so upstream, writes an IPv4 address mapped into IPv6 as IPv4.
  if (hex.startsWith('00000000000000000000ffff')) return contents.subarray(12).join('.');
  return new SocketAddress({ family: 'ipv6', address: hex.replace(/(.{4})(?=.)/g, '$1:') }).address;
}

function readOtherName([name, ...more]: readonly DerValue[]): string[] {
  const [type, value, ...rest] = name?.children() ?? [];
  if (!type || more.length > 0 || type.oid() !== fulcioOtherNameOid) return [];
  const [text, ...others] = value?.children(contextTag(0)) ?? [];
  if (!text || rest.length > 0 || others.length > 0) throw malformed('subjectAltName', 'otherName');
  return [utf8Decode(text.expect(derTag.utf8String).contents)];
}

/** One attribute of a distinguished name (RFC 5280 §4.1.2.4). */
interface Attribute {
  readonly oid: string;
  readonly text: string;
}

/** Reads a distinguished name's attributes, in order; every value is a string, as Go has it. Throws `ERR_MALFORMED`. */
export function readName(name: DerValue): Attribute[] {
  return name
    .children(derTag.sequence)
    .flatMap((relative) => relative.children(derTag.set))
    .map((attribute) => {
      const [type, value, ...rest] = attribute.children(derTag.sequence);
      if (!type || !value || rest.length > 0) throw malformed('distinguished name');
      return { oid: type.oid(), text: value.text() };
    });
}

/** The `emailAddress` attributes (RFC 2985 §5.2.1) of a distinguished name. Throws `ERR_MALFORMED`. */
export function readEmailAddresses(name: DerValue): string[] {
  return readName(name)
    .filter(({ oid }) => oid === emailAddressOid)
    .map(({ text }) => text);
}
