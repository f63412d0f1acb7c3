import type { HashAlgorithm, PluginApi, Signed, VerifyKey } from '@countersign/plugin-api';
import { algorithmReader } from './algorithms.ts';
import { equal, tag } from './der.ts';
import { dataOid } from './signed-data.ts';
import type { SignerInfo } from './signer-info.ts';

/** The attribute's OBJECT IDENTIFIER, whole. */
const messageDigest = Buffer.from('06092a864886f70d010904', 'hex');

/**
 * Whether a signer's key made its signature over this content (RFC 5652 §5.4, §5.6): over attributes
 * that name the content's type and digest, or over plain data itself.
 *
 * @throws `ERR_MALFORMED` or `ERR_UNSUPPORTED` on algorithms that are neither known nor fit together
 */
export function isSignedBy(
  api: PluginApi,
  key: VerifyKey,
  signer: SignerInfo,
  content: { readonly type: string; readonly signed: Signed },
): boolean {
  const { crypto, errors } = api;
  const algorithms = algorithmReader(api);
  const hash = algorithms.digest(signer.digestAlgorithm);
  const { keys, scheme } = algorithms.signature(signer.signatureAlgorithm, hash);
  const digest = digestOf(content.signed);
  const { attributes } = signer;
  if (attributes === undefined) {
    // Other types may be signed with attributes only (§5.3).
    return content.type === dataOid && !isAttributes(content.signed) && isValid({ digest, hash });
  }
  return (
    attributes.contentType === content.type &&
    equal(attributes.messageDigest, digest) &&
    isValid({ message: attributes.der, hash })
  );

  function isValid(signed: Signed & { readonly hash: HashAlgorithm }): boolean {
    return key.algorithm.startsWith(keys) && crypto.verify(key, signed, signer.signature, scheme && { scheme });
  }

  function digestOf(signed: Signed): Uint8Array {
    if ('message' in signed) return crypto.hash(hash, signed.message);
    if (signed.hash === hash) return signed.digest;
    throw errors.refuse('ERR_UNSUPPORTED', `the signature covers a ${hash} digest, not ${signed.hash}`);
  }
}

/**
 * Whether a message reads as signed attributes. Nothing in a signature tells whether it covers the one or the
 * other, so somebody's attributes could be passed off as a message that they signed. A digest does not show it.
 */
function isAttributes(signed: Signed): boolean {
  return 'message' in signed && signed.message[0] === tag.set && Buffer.from(signed.message).includes(messageDigest);
}
