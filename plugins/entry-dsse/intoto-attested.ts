import type { AdmittedEntry, EntryDisplay, PluginApi } from '@countersign/plugin-api';
import type { Envelope } from './envelope.ts';
import { firstSubject, type SignedBy } from './signers.ts';

/** What both versions say of an envelope they have verified, but for its index keys. */
export function attested(
  { payload }: Envelope,
  signed: readonly SignedBy[],
): Pick<AdmittedEntry, 'attestation' | 'verifiers'> {
  const signers = signed.map(({ signer: { key: _, ...verifier } }) => verifier);
  return {
    // One signature may stand in an envelope twice.
    verifiers: [...new Map(signers.map((signer) => [signer.fingerprint, signer])).values()],
    attestation: payload,
  };
}

/** What both versions show in a list. */
export async function shownAttestation(
  payloadHash: string | undefined,
  keyFiles: readonly Uint8Array[],
  api: PluginApi,
): Promise<EntryDisplay> {
  const digest = payloadHash === undefined ? {} : { digest: `sha256:${payloadHash}` };
  return { title: 'Attestation', ...digest, ...(await firstSubject(keyFiles, api)) };
}
