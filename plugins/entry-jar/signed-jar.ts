import type { PkiKey, PkiSignature, PkiSigner, PluginApi } from '@countersign/plugin-api';
import { checkDigests } from './digests.ts';
import { limits } from './limits.ts';
import { readManifest } from './manifest.ts';
import { readZip, type ZipMember } from './zip.ts';

/** What was found in a JAR that verified. */
export interface SignedJar {
  /** PKCS #7, detached. */
  readonly signature: PkiSignature;
  /** Its first certificate. */
  readonly key: PkiKey;
  readonly signers: readonly PkiSigner[];
}

/** The members that signing is made of; they are not signed one by one. */
interface SignatureMembers {
  readonly manifest: ZipMember;
  readonly signatureFile: ZipMember;
  readonly block: ZipMember;
}

/**
 * Verifies a signed JAR (JAR File Specification, "Signed JAR File"): one signature, over the signature
 * file, which has the digest of the manifest, which has the digest of every other file there is.
 *
 * @throws `ERR_MALFORMED`, `ERR_TOO_LARGE`, `ERR_UNSUPPORTED`, `ERR_SIGNATURE_INVALID`
 * @throws `ERR_ENTRY_INVALID` on what is not signed, signed twice, or not as it was signed
 */
export async function verifyJar(api: PluginApi, archive: Uint8Array): Promise<SignedJar> {
  const { errors, pki } = api;
  const pkcs7 = pki.get('pkcs7');
  const members = readZip(api, archive);
  const special = findSignature(members);
  const signatureFile = special.signatureFile.content();
  const block = special.block.content();
  const manifest = special.manifest.content();
  // The format reads PEM as well, which no Java does.
  if (block[0] !== 0x30) throw errors.refuse('ERR_MALFORMED', 'malformed JAR: signature block');

  const signature = await pkcs7.parseSignature(block);
  const key = await pkcs7.parseKey(block);
  const signers = await pkcs7.verify({ signed: { message: signatureFile }, signature, keys: [key] });

  const { main } = readManifest(api, signatureFile);
  checkDigests(api, 'manifest signature', main, { suffix: '-DIGEST-MANIFEST', content: manifest });
  const { files } = readManifest(api, manifest);
  const names = new Set(members.map(({ name }) => name));
  for (const name of files.keys()) {
    if (!names.has(name)) throw invalid(`file ${name} is in manifest but not JAR`);
  }
  const own = new Set(Object.values(special));
  for (const member of members) {
    const attributes = files.get(member.name);
    const content = member.content();
    if (attributes !== undefined) {
      // Stands for a digest over something else than the file's bytes.
      if (attributes.has('MAGIC'))
        throw errors.refuse('ERR_UNSUPPORTED', `file "${member.name}" has a Magic attribute`);
      checkDigests(api, `file "${member.name}" in MANIFEST.MF`, attributes, { suffix: '-DIGEST', content });
    } else if (member.name.endsWith('/')) {
      if (content.length > 0) throw invalid(`folder ${member.name} has content`);
    } else if (!own.has(member)) {
      throw invalid(`file ${member.name} is in JAR but not manifest`);
    }
  }
  return { signature, key, signers };

  /** Upstream and Java compare the names of these without case. */
  function findSignature(all: readonly ZipMember[]): SignatureMembers {
    const manifests: ZipMember[] = [];
    const signatureFiles = new Map<string, ZipMember>();
    const blocks = new Map<string, ZipMember>();
    for (const member of all) {
      const [, base = '', extension = ''] = /^META-INF\/([^/]*)(\.[^/.]*)$/.exec(member.name.toUpperCase()) ?? [];
      if (extension === '') continue;
      if (member.size > limits.metadataBytes) {
        throw errors.refuse(
          'ERR_TOO_LARGE',
          `uncompressed jar metadata of size ${member.size} exceeds max allowed size ${limits.metadataBytes}`,
        );
      }
      if (base === 'MANIFEST' && extension === '.MF') manifests.push(member);
      else if (extension === '.SF') add(signatureFiles, base, member);
      else if (['.RSA', '.DSA', '.EC'].includes(extension) || base.startsWith('SIG-')) add(blocks, base, member);
    }
    const [manifest, ...others] = manifests;
    if (manifest === undefined) throw invalid('JAR contains no META-INF/MANIFEST.MF');
    if (others.length > 0) throw invalid('JAR contains several manifests');
    const [signed, ...more] = signatureFiles;
    if (signed === undefined) throw invalid('JAR is not signed');
    if (more.length > 0 || blocks.size > 1) {
      throw invalid('multiple signatures detected in JAR; unable to process');
    }
    const [base, signatureFile] = signed;
    const block = blocks.get(base);
    if (block === undefined) throw invalid(`JAR contains sigfile META-INF/${base}.SF with no matching signature`);
    return { manifest, signatureFile, block };
  }

  function add(found: Map<string, ZipMember>, base: string, member: ZipMember): void {
    if (found.has(base)) throw invalid('multiple signatures detected in JAR; unable to process');
    found.set(base, member);
  }

  function invalid(message: string): Error {
    return errors.refuse('ERR_ENTRY_INVALID', message);
  }
}
