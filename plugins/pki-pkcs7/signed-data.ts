import type { DerValue, PluginApi } from '@countersign/plugin-api';
import { algorithmReader } from './algorithms.ts';
import { type BagCertificate, readBagCertificate } from './certificates.ts';
import { tag, write, writeSet } from './der.ts';
import { limits } from './limits.ts';
import { readSignerInfo, type SignerInfo } from './signer-info.ts';

const signedDataOid = '1.2.840.113549.1.7.2';
/** The content type of plain bytes. */
export const dataOid = '1.2.840.113549.1.7.1';

/** A PKCS #7 (RFC 2315 §9) or CMS (RFC 5652 §5) SignedData. */
export interface SignedData {
  readonly contentType: string;
  readonly certificates: readonly BagCertificate[];
  readonly signers: readonly SignerInfo[];
  /** The same in DER without the content: what the log stores. */
  readonly detached: Uint8Array;
}

/**
 * Reads a SignedData in DER. Whatever is not kept in {@link SignedData.detached} is refused, but for the content.
 *
 * @throws `ERR_MALFORMED`
 * @throws `ERR_TOO_LARGE`
 * @throws `ERR_UNSUPPORTED` on signers named by key identifier
 */
export function readSignedData(api: PluginApi, der: Uint8Array): SignedData {
  const { encoding, errors } = api;
  const algorithms = algorithmReader(api);
  const [outerType, wrapper, ...afterwards] = encoding.readDer(der).children(tag.sequence);
  const [body, ...more] = wrapper?.children(tag.context0) ?? [];
  if (!outerType || outerType.oid() !== signedDataOid || !body || more.length + afterwards.length > 0) {
    throw malformed('it is no SignedData');
  }
  const fields = body.children(tag.sequence);
  const [version, digestAlgorithms, content] = fields.splice(0, 3);
  const certificates = fields[0]?.tag === tag.context0 ? fields.shift() : undefined;
  const lists = fields[0]?.tag === tag.context1 ? fields.shift() : undefined;
  const [signerInfos, ...rest] = fields;
  if (!version || !digestAlgorithms || !content || !signerInfos || rest.length > 0) throw malformed('fields');

  const digests = digestAlgorithms.children(tag.set);
  const contentType = readContentType(content);
  for (const list of lists?.children() ?? []) checkRevocationList(list);
  const signers = few('signers', signerInfos.children(tag.set)).map((info) => readSignerInfo(api, info));
  checkVersion(version, contentType.oid());
  checkDigests(digests, signers);
  return {
    contentType: contentType.oid(),
    certificates: few('certificates', certificates?.children() ?? []).map((one) => readBagCertificate(api, one)),
    signers,
    detached: write(
      tag.sequence,
      outerType.raw,
      write(
        tag.context0,
        write(
          tag.sequence,
          version.raw,
          writeSet(digests.map(({ raw }) => raw)),
          write(tag.sequence, contentType.raw),
          ...[certificates, lists].flatMap((field) => field?.raw ?? []),
          writeSet(signers.map(({ raw }) => raw)),
        ),
      ),
    ),
  };

  /** EncapsulatedContentInfo (§5.2). */
  function readContentType(content: DerValue): DerValue {
    const [type, value, ...rest] = content.children(tag.sequence);
    if (!type || rest.length > 0) throw malformed('content');
    if (value !== undefined && value.children(tag.context0).length !== 1) throw malformed('content');
    return type.expect(tag.oid);
  }

  /** §5.1: 3 only where content is no plain data. (PKCS #7 is always 1; what raises it to 4 and 5 is not taken.) */
  function checkVersion(version: DerValue, contentType: string): void {
    const number = version.integer();
    if (number !== 1n && (number !== 3n || contentType === dataOid)) throw malformed(`version ${number}`);
  }

  /** The digest algorithms are not signed: they must be those of the signers, neither more nor less (§5.1). */
  function checkDigests(digests: readonly DerValue[], signers: readonly SignerInfo[]): void {
    const listed = digests.map((digest) => algorithms.read(digest).oid);
    const used = signers.map(({ digestAlgorithm }) => digestAlgorithm.oid);
    if (used.some((oid) => !listed.includes(oid)) || listed.some((oid) => !used.includes(oid))) {
      throw malformed('its digest algorithms are not those of its signers');
    }
    for (const digest of digests) algorithms.read(digest).parameters?.null();
  }

  /** The outline of a CertificateList (RFC 5280 §5.1): it is kept and not used. */
  function checkRevocationList(list: DerValue): void {
    const [tbs, algorithm, signature, ...rest] = list.children(tag.sequence);
    if (!tbs || !signature || rest.length > 0) throw malformed('revocation list');
    tbs.expect(tag.sequence);
    algorithms.read(algorithm);
    signature.bitStringBytes();
  }

  function few(what: 'certificates' | 'signers', values: readonly DerValue[]): readonly DerValue[] {
    if (values.length > limits[what]) throw errors.refuse('ERR_TOO_LARGE', `PKCS7 has over ${limits[what]} ${what}`);
    return values;
  }

  function malformed(why: string): Error {
    return errors.refuse('ERR_MALFORMED', `malformed PKCS7: ${why}`);
  }
}
