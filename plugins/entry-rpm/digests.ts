import { createHash } from 'node:crypto';
import type { HashAlgorithm, PluginApi } from '@countersign/plugin-api';
import type { PackageFile } from './package-file.ts';
import { signatureTags, tags } from './tags.ts';

/** OpenPGP's numbers of the hashes that can stand for the payload under a signature (RFC 9580 §9.5). */
const payloadHashes: ReadonlyMap<number, HashAlgorithm> = new Map([
  [8, 'sha256'],
  [9, 'sha384'],
  [10, 'sha512'],
]);

/**
 * Checks every digest of the signature header. No signature covers them; the log keeps the MD5, and says nothing that
 * was not checked.
 *
 * @throws `ERR_ENTRY_INVALID` when one is another than that of the package
 */
export function requireDigests(file: PackageFile, { crypto, encoding, errors }: PluginApi): void {
  const { signatureHeader, header, headerAndPayload } = file;
  const claims = {
    SHA1: [signatureHeader.text(signatureTags.headerSha1), () => crypto.hash('sha1', header.bytes)],
    SHA256: [signatureHeader.text(signatureTags.headerSha256), () => crypto.hash('sha256', header.bytes)],
    MD5: [md5Of(file, encoding), () => createHash('md5').update(headerAndPayload).digest()],
  } as const;
  for (const [name, [claimed, computed]] of Object.entries(claims)) {
    if (claimed !== undefined && claimed !== encoding.toHex(computed())) {
      throw errors.refuse('ERR_ENTRY_INVALID', `${name} mismatch in RPM signature header`);
    }
  }
}

/** The MD5 that the signature header names, in hex. */
export function md5Of({ signatureHeader }: PackageFile, { toHex }: PluginApi['encoding']): string | undefined {
  const claimed = signatureHeader.binary(signatureTags.packageMd5);
  return claimed && toHex(claimed);
}

/**
 * Whether the main header names the digest of the payload, so that a signature over the one covers the other.
 *
 * @throws `ERR_ENTRY_INVALID` when it names another, `ERR_UNSUPPORTED` when the hash is too weak or unknown
 */
export function namesItsPayload({ header, payload }: PackageFile, { crypto, encoding, errors }: PluginApi): boolean {
  const claimed = header.text(tags.payloadDigest);
  if (claimed === undefined) return false;
  const number = header.integer(tags.payloadDigestAlgorithm) ?? 0;
  const hash = payloadHashes.get(number);
  if (hash === undefined) throw errors.refuse('ERR_UNSUPPORTED', `unsupported RPM payload digest: hash ${number}`);
  if (claimed !== encoding.toHex(crypto.hash(hash, payload))) {
    throw errors.refuse('ERR_ENTRY_INVALID', 'RPM payload digest mismatch');
  }
  return true;
}
