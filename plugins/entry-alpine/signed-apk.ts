import { createPublicKey, verify } from 'node:crypto';
import type { PkiKey, PluginApi } from '@countersign/plugin-api';
import { readGzipMember } from './gzip.ts';
import { readPkginfo } from './pkginfo.ts';
import { readTar, type TarMember } from './tar.ts';

/**
 * Verifies an Alpine package of version 2: three gzip members on end, of which the first has the signature over
 * the second as it stands, and the second has, in `.PKGINFO`, the digest of all that follows it.
 *
 * @returns the fields of `.PKGINFO`
 * @throws `ERR_MALFORMED`, `ERR_TOO_LARGE`, `ERR_UNSUPPORTED`
 * @throws `ERR_SIGNATURE_INVALID`
 * @throws `ERR_ENTRY_INVALID` on what is not signed, or not as it was signed
 */
export function verifyApk(api: PluginApi, file: Uint8Array, key: PkiKey): ReadonlyMap<string, string> {
  const { crypto, encoding, errors } = api;
  const signaturePart = readGzipMember(api, Buffer.from(file.buffer, file.byteOffset, file.length), 'signature.tar.gz');
  const signature = readSignature(readTar(api, signaturePart.content, 'signature.tar.gz'));
  const control = readGzipMember(api, signaturePart.rest, 'control.tar.gz');
  if (!isSignedBy(control.raw, signature))
    throw errors.refuse('ERR_SIGNATURE_INVALID', 'the signature does not verify');

  const [info, ...others] = readTar(api, control.content, 'control.tar.gz').filter(({ name }) => name === '.PKGINFO');
  if (info === undefined) throw invalid('.PKGINFO file was not located');
  if (others.length > 0 || !info.isFile) throw invalid('.PKGINFO is not one file');
  const pkginfo = readPkginfo(api, info.content);
  const computed = encoding.toHex(crypto.hash('sha256', control.rest));
  const datahash = pkginfo.get('datahash') ?? '';
  if (computed !== datahash.toLowerCase()) {
    throw invalid(`checksum for data.tar.gz (${computed}) does not match value from .PKGINFO (${datahash})`);
  }
  return pkginfo;

  function readSignature(members: readonly TarMember[]): Buffer {
    const [member, ...more] = members;
    if (member === undefined || !member.name.startsWith('.SIGN')) {
      throw invalid('no signature detected in alpine package');
    }
    if (more.length > 0 || !member.isFile) throw invalid('not one signature in signature.tar.gz');
    const [pem] = member.content.toString('latin1', 0, 5) === '-----' ? encoding.decodePem(member.content) : [];
    return pem === undefined ? member.content : Buffer.from(pem.der);
  }

  /** The format says SHA-1, which the host offers for no signature; RSA is what apk takes. */
  function isSignedBy(message: Buffer, signature: Buffer): boolean {
    const publicKey = createPublicKey({ key: Buffer.from(spki()), format: 'der', type: 'spki' });
    if (publicKey.asymmetricKeyType !== 'rsa')
      throw errors.refuse('ERR_UNSUPPORTED', 'an alpine package is signed with RSA');
    return verify('sha1', message, publicKey, signature);
  }

  function spki(): Uint8Array {
    const blocks = encoding.decodePem(key.canonical);
    const [first] = blocks;
    if (first?.label === 'PUBLIC KEY') return first.der;
    const chain = blocks.map(({ der }) => crypto.parseCertificate(der));
    const [leaf] = chain;
    if (leaf === undefined) throw errors.refuse('ERR_MALFORMED', 'malformed key');
    // As with every x509 key the chain is judged as it was at its beginning.
    if (chain.length > 1) crypto.verifyChain(chain, leaf.notBefore);
    return leaf.key.spki;
  }

  function invalid(message: string): Error {
    return errors.refuse('ERR_ENTRY_INVALID', message);
  }
}
