import type { DerValue, PluginApi } from '@countersign/plugin-api';
import { limits } from './limits.ts';

const tag = { sequence: 0x30, octetString: 0x04, context0: 0xa0 } as const;
const signedDataOid = '1.2.840.113549.1.7.2';
const timestampOid = '1.2.840.113549.1.9.16.1.4';

/** A granted response, taken apart and not yet verified. */
export interface TimestampResponse {
  /** DER of the timeStampToken, a CMS SignedData. */
  readonly token: Uint8Array;
  /** DER of the TSTInfo: what is signed. */
  readonly info: Uint8Array;
  /** DER of each certificate that came along. */
  readonly certificates: readonly Uint8Array[];
}

/**
 * Reads a TimeStampResp (RFC 3161 §2.4.2): a status that grants, and a token around a TSTInfo.
 *
 * @throws `ERR_MALFORMED`; `ERR_TOO_LARGE`; `ERR_ENTRY_INVALID` on a status other than granted and grantedWithMods
 */
export function readResponse({ encoding, errors }: PluginApi, der: Uint8Array): TimestampResponse {
  if (der.length > limits.responseBytes)
    throw errors.refuse('ERR_TOO_LARGE', 'tsr exceeds maximum allowed size (10kB)');
  const [status, token, ...rest] = encoding.readDer(der).children(tag.sequence);
  const [code] = status?.children(tag.sequence) ?? [];
  if (code === undefined || rest.length > 0) throw malformed('fields');
  const number = code.integer();
  if (number !== 0n && number !== 1n) throw errors.refuse('ERR_ENTRY_INVALID', `tsr status not granted: ${number}`);
  if (token === undefined) throw malformed('no token');

  const [type, wrapper] = token.children(tag.sequence);
  if (type?.oid() !== signedDataOid) throw malformed('its token is no SignedData');
  const [signedData] = wrapper?.children(tag.context0) ?? [];
  const [, , content, certificates] = signedData?.children(tag.sequence) ?? [];
  return {
    token: token.raw,
    info: readInfo(content),
    certificates: certificates?.tag === tag.context0 ? certificates.children().map(({ raw }) => raw) : [],
  };

  /** EncapsulatedContentInfo (RFC 5652 §5.2). */
  function readInfo(value: DerValue | undefined): Uint8Array {
    const [contentType, explicit] = value?.children(tag.sequence) ?? [];
    if (contentType?.oid() !== timestampOid) throw malformed('its token signs no TSTInfo');
    const [info] = explicit?.children(tag.context0) ?? [];
    if (info === undefined) throw malformed('its token is without content');
    return info.octetString();
  }

  function malformed(why: string): Error {
    return errors.refuse('ERR_MALFORMED', `malformed timestamp response: ${why}`);
  }
}
