import { contextTag, type DerValue, derTag, equalBytes, readDer } from '@countersign/encoding';
import { CountersignError, hasCode, malformed } from '@countersign/errors';
import {
  type Authority,
  type Extension,
  extensionOid,
  readAuthority,
  readExtensions,
} from './certificate-extensions.ts';
import { readEmailAddresses, readName, readSubjectAltNames } from './certificate-names.ts';
import { limits } from './limits.ts';
import { type PublicKey, parseSpki } from './public-key.ts';

/** An X.509 certificate (RFC 5280 §4.1), parsed strictly and not yet trusted. Made by {@link parseCertificate}. */
export class Certificate {
  readonly der: Uint8Array;
  readonly key: PublicKey;
  readonly notBefore: Date;
  /** The last instant at which the certificate is valid. */
  readonly notAfter: Date;
  /** The subject's distinguished name, DER. */
  readonly subject: Uint8Array;
  /** The issuer's distinguished name, DER. */
  readonly issuer: Uint8Array;
  /** Subject alternative names in upstream's order: DNS, e-mail, IP, URI, then Fulcio's otherName. */
  readonly subjectAltNames: readonly string[];
  /** `emailAddress` attributes of the subject's distinguished name. */
  readonly subjectEmails: readonly string[];
  /** Extensions, by dotted OID. */
  readonly extensions: ReadonlyMap<string, Extension>;
  /** Whether the key may certify others, and how deep. */
  readonly authority: Authority;
  /** What the issuer signed (TBSCertificate), how (AlgorithmIdentifier), and the signature. */
  readonly signed: { readonly tbs: Uint8Array; readonly algorithm: Uint8Array; readonly signature: Uint8Array };
  /** Marks what this class made, so that {@link from} need not parse again. */
  readonly #parsed = true;

  private constructor(der: Uint8Array) {
    this.der = Uint8Array.from(der);
    const [tbs, algorithm, signature, ...rest] = readDer(this.der).children(derTag.sequence);
    if (!tbs || !algorithm || !signature || rest.length > 0) throw malformed('certificate');
    this.signed = { tbs: tbs.raw, algorithm: algorithm.raw, signature: signature.bitStringBytes() };

    const fields = tbs.children(derTag.sequence);
    const version = fields[0]?.tag === contextTag(0) ? readVersion(fields.shift()) : 1;
    const [serial, innerAlgorithm, issuer, validity, subject, spki, ...optional] = fields;
    if (!serial || !innerAlgorithm || !issuer || !validity || !subject || !spki) throw malformed('certificate');
    serial.integerBytes();
    if (!equalBytes(innerAlgorithm.raw, algorithm.raw)) throw malformed('certificate', 'two signature algorithms');
    const [notBefore, notAfter, ...times] = validity.children(derTag.sequence);
    if (!notBefore || !notAfter || times.length > 0) throw malformed('certificate', 'validity');

    this.notBefore = notBefore.time();
    this.notAfter = notAfter.time();
    readName(issuer);
    this.issuer = issuer.raw;
    this.subject = subject.raw;
    this.subjectEmails = readEmailAddresses(subject);
    this.key = parseSpki(spki.raw);
    this.extensions = readExtensions(takeExtensions(optional, version));
    this.authority = readAuthority(this.extensions);
    this.subjectAltNames = readSubjectAltNames(this.extensions.get(extensionOid.subjectAltName)?.value);
  }

  /** This certificate when it is one of ours; one that came as plain data is parsed again. Throws as {@link parseCertificate}. */
  static from(certificate: Pick<Certificate, 'der'>): Certificate {
    return #parsed in certificate ? (certificate as Certificate) : new Certificate(certificate.der);
  }

  /** Whether basicConstraints makes it a certificate authority. */
  get isCa(): boolean {
    return this.authority.isCa;
  }
}

/**
 * A certificate from DER (RFC 5280 §4.1). The whole is strict DER, every extension occurs once,
 * inner and outer signature algorithm are the same; nothing is verified.
 *
 * @throws `ERR_MALFORMED`
 * @throws `ERR_UNSUPPORTED` on a key {@link parseSpki} does not take
 * @throws `ERR_TOO_LARGE`
 */
export function parseCertificate(der: Uint8Array): Certificate {
  if (der.length > limits.certificateBytes) {
    throw new CountersignError(
      'ERR_TOO_LARGE',
      `a certificate of ${der.length} bytes is over the limit of ${limits.certificateBytes}`,
    );
  }
  try {
    return Certificate.from({ der });
  } catch (error) {
    if (hasCode(error, 'ERR_MALFORMED')) throw malformed('certificate', error.message, error);
    throw error;
  }
}

/** v2 and v3 are written as 1 and 2; v1 is the default and so never written. */
function readVersion(field: DerValue | undefined): number {
  const [number, ...rest] = field?.children() ?? [];
  const version = number?.integer();
  if (rest.length > 0 || (version !== 1n && version !== 2n)) throw malformed('certificate', 'version');
  return Number(version) + 1;
}

/** What may follow the key: two unique IDs, obsolete since v3, and the extensions. */
function takeExtensions(optional: readonly DerValue[], version: number): DerValue | undefined {
  let last = 0;
  let extensions: DerValue | undefined;
  for (const field of optional) {
    const number = field.tag & 0x1f;
    const tag = number === 3 ? contextTag(3) : contextTag(number, false);
    if (field.tag !== tag || number <= last || number > 3) throw malformed('certificate', 'fields after the key');
    if (version < (number === 3 ? 3 : 2)) throw malformed('certificate', 'fields its version does not have');
    last = number;
    if (number === 3) extensions = field;
    else field.bitString(tag);
  }
  return extensions;
}
