import { type DerValue, derTag, readDer } from '@countersign/encoding';
import { malformed } from '@countersign/errors';

/** One extension (RFC 5280 §4.2). */
export interface Extension {
  readonly critical: boolean;
  /** The contents of its OCTET STRING. */
  readonly value: Uint8Array;
}

/** basicConstraints and keyUsage (RFC 5280 §4.2.1.9, §4.2.1.3): whether a key may certify, and how deep. */
export interface Authority {
  readonly isCa: boolean;
  /** How many intermediates may follow; unlimited when absent. */
  readonly pathLength?: number;
  /** Whether keyUsage, where there is one, has keyCertSign. */
  readonly mayCertify: boolean;
}

/** OIDs of the extensions that chains depend on (RFC 5280 §4.2.1). */
export const extensionOid = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  extendedKeyUsage: '2.5.29.37',
} as const;

/** Reads the extensions of a certificate: each once (RFC 5280 §4.2). Throws `ERR_MALFORMED`. */
export function readExtensions(field: DerValue | undefined): ReadonlyMap<string, Extension> {
  const extensions = new Map<string, Extension>();
  if (!field) return extensions;
  const [list, ...rest] = field.children();
  if (!list || rest.length > 0) throw malformed('extensions');
  const members = list.children(derTag.sequence);
  if (members.length === 0) throw malformed('extensions', 'none');
  for (const member of members) {
    const [id, second, third, ...more] = member.children(derTag.sequence);
    if (!id || !second || more.length > 0) throw malformed('extension');
    const oid = id.oid();
    if (extensions.has(oid)) throw malformed('extension', `${oid} twice`);
    // `critical` is FALSE by default; certificates that write it out all the same are about.
    const critical = third !== undefined && second.boolean();
    extensions.set(oid, { critical, value: (third ?? second).octetString() });
  }
  return extensions;
}

/** Reads what a certificate's extensions say about certifying others. Throws `ERR_MALFORMED`. */
export function readAuthority(extensions: ReadonlyMap<string, Extension>): Authority {
  const usage = extensions.get(extensionOid.keyUsage)?.value;
  const mayCertify = usage === undefined || ((readDer(usage).bitString().bytes[0] ?? 0) & 0x04) !== 0;
  const constraints = extensions.get(extensionOid.basicConstraints)?.value;
  if (constraints === undefined) return { isCa: false, mayCertify };

  const fields = readDer(constraints).children(derTag.sequence);
  const isCa = fields[0]?.tag === derTag.boolean && fields.shift()?.boolean() === true;
  const [length, ...rest] = fields;
  if (rest.length > 0) throw malformed('basicConstraints');
  if (!length) return { isCa, mayCertify };
  const pathLength = length.integer();
  if (pathLength < 0n || pathLength > 255n) throw malformed('basicConstraints', 'path length');
  return { isCa, mayCertify, pathLength: Number(pathLength) };
}
