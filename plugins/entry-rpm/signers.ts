import type { PkiKey, PkiSigner, PluginApi } from '@countersign/plugin-api';
import { namesItsPayload } from './digests.ts';
import type { PackageFile } from './package-file.ts';
import { requireOneSignature } from './signature-packet.ts';
import { signatureTags } from './tags.ts';

/** Where signatures stand. Upstream's order, so that the same one is named when several are wrong. */
const places = [
  { tag: signatureTags.headerRsa, covers: 'header' },
  { tag: signatureTags.headerDsa, covers: 'header' },
  { tag: signatureTags.packageRsa, covers: 'package' },
  { tag: signatureTags.packageDsa, covers: 'package' },
] as const;

/**
 * Verifies every signature of a package and returns the keys that made them, each once. The payload must be covered
 * too: by a signature over all of it, or by its digest in the header that was signed.
 *
 * @throws `ERR_SIGNATURE_INVALID` when there is none, one is wrong, or the payload is not covered; what
 * `namesItsPayload`, `requireOneSignature` and the PKI format `pgp` refuse
 */
export async function signersOf(file: PackageFile, key: PkiKey, api: PluginApi): Promise<PkiSigner[]> {
  const format = api.pki.get('pgp');
  const signers = new Map<string, PkiSigner>();
  let covered = namesItsPayload(file, api);
  for (const { tag, covers } of places) {
    const blob = file.signatureHeader.binary(tag);
    if (blob === undefined) continue;
    requireOneSignature(blob, api);
    const signature = await format.parseSignature(blob);
    const message = covers === 'header' ? file.header.bytes : file.headerAndPayload;
    for (const signer of await format.verify({ signed: { message }, signature, keys: [key] })) {
      signers.set(signer.fingerprint, signer);
    }
    covered ||= covers === 'package';
  }
  if (signers.size === 0) {
    throw api.errors.refuse('ERR_SIGNATURE_INVALID', 'no supported PGP signature found in RPM');
  }
  if (!covered) throw api.errors.refuse('ERR_SIGNATURE_INVALID', 'no signature of the RPM covers its payload');
  return [...signers.values()];
}
