import type { AdmittedEntry } from '@countersign/plugin-api';
import type { Envelope } from './envelope.ts';
import type { SignedBy } from './signers.ts';

/** What both versions say of an envelope they have verified, but for its index keys. */
export function attested(
  { payload }: Envelope,
  payloadHash: string,
  signed: readonly SignedBy[],
): Pick<AdmittedEntry, 'attestation' | 'display' | 'verifiers'> {
  const key = `sha256:${payloadHash}`;
  const subject = signed.flatMap(({ key }) => key.identities)[0];
  const signers = signed.map(({ signer: { key: _, ...verifier } }) => verifier);
  return {
    // One signature may stand in an envelope twice.
    verifiers: [...new Map(signers.map((signer) => [signer.fingerprint, signer])).values()],
    attestation: payload,
    display: { title: 'Attestation', digest: key, ...(subject !== undefined && { subject }) },
  };
}
