import type { DerValue, PluginApi } from '@countersign/plugin-api';
import { type AlgorithmIdentifier, algorithmReader } from './algorithms.ts';
import { tag, write } from './der.ts';
import { limits } from './limits.ts';

const contentTypeOid = '1.2.840.113549.1.9.3';
const messageDigestOid = '1.2.840.113549.1.9.4';

/** Attributes that a signature covers in place of the content (RFC 5652 §5.3). */
export interface SignedAttributes {
  /** What is signed: the attributes as a SET, in the order they came in (§5.4). */
  readonly der: Uint8Array;
  readonly contentType: string;
  readonly messageDigest: Uint8Array;
}

/** One SignerInfo (RFC 5652 §5.3), its signer named by issuer and serial number. */
export interface SignerInfo {
  readonly raw: Uint8Array;
  /** DER of the issuer's name. */
  readonly issuer: Uint8Array;
  /** Contents of the INTEGER. */
  readonly serial: Uint8Array;
  readonly digestAlgorithm: AlgorithmIdentifier;
  readonly attributes: SignedAttributes | undefined;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
}

/**
 * Reads a SignerInfo.
 *
 * @throws `ERR_MALFORMED`, also on attributes without content type and message digest, one of each
 * @throws `ERR_UNSUPPORTED` on a signer named by key identifier, as upstream
 */
export function readSignerInfo(api: PluginApi, info: DerValue): SignerInfo {
  const { errors } = api;
  const algorithms = algorithmReader(api);
  const [version, sid, digestAlgorithm, ...rest] = info.children(tag.sequence);
  if (sid?.tag === 0x80) throw errors.refuse('ERR_UNSUPPORTED', 'signers named by key identifier are not supported');
  const [issuer, serial, ...more] = sid?.children(tag.sequence) ?? [];
  const attributes = rest[0]?.tag === tag.context0 ? rest.shift() : undefined;
  const [signatureAlgorithm, signature, unsigned, ...others] = rest;
  if (!issuer || !serial || !signature || more.length > 0 || others.length > 0) throw malformed();
  if (version?.integer() !== 1n) throw malformed('version');
  if (unsigned !== undefined) readAttributes(unsigned.expect(tag.context1));
  return {
    raw: info.raw,
    issuer: issuer.expect(tag.sequence).raw,
    serial: serial.integerBytes(),
    digestAlgorithm: algorithms.read(digestAlgorithm),
    attributes: attributes && readSigned(attributes),
    signatureAlgorithm: algorithms.read(signatureAlgorithm),
    signature: signature.octetString(),
  };

  function readSigned(value: DerValue): SignedAttributes {
    const all = readAttributes(value);
    return {
      der: write(tag.set, value.contents),
      contentType: only(all, contentTypeOid).oid(),
      messageDigest: only(all, messageDigestOid).octetString(),
    };
  }

  function readAttributes(value: DerValue): [type: string, values: DerValue[]][] {
    const attributes = value.children();
    if (attributes.length === 0) throw malformed('no attributes');
    if (attributes.length > limits.attributes) {
      throw errors.refuse('ERR_TOO_LARGE', `a signer has over ${limits.attributes} attributes`);
    }
    return attributes.map((attribute) => {
      const [type, values, ...rest] = attribute.children(tag.sequence);
      if (!type || !values || rest.length > 0) throw malformed('attribute');
      return [type.oid(), values.children(tag.set)];
    });
  }

  /** The value of an attribute that must be there once, with one value (RFC 5652 §11.1, §11.2). */
  function only(attributes: readonly [string, DerValue[]][], oid: string): DerValue {
    const values = attributes.filter(([type]) => type === oid).flatMap(([, values]) => values);
    const [value, ...rest] = values;
    if (value === undefined || rest.length > 0)
      throw malformed(`attribute ${oid}: expected one, found ${values.length}`);
    return value;
  }

  function malformed(why = 'fields'): Error {
    return errors.refuse('ERR_MALFORMED', `malformed SignerInfo: ${why}`);
  }
}
