import type { AdmittedEntry, PkiKey, PluginApi } from '@countersign/plugin-api';
import type { Envelope } from './envelope.ts';
import { limits } from './limits.ts';

/** What both versions say of an envelope they have verified, but for its index keys. */
export function attested(
  { payload }: Envelope,
  payloadHash: string,
  keys: readonly PkiKey[],
): Pick<AdmittedEntry, 'attestations' | 'display'> {
  const key = `sha256:${payloadHash}`;
  const subject = keys.flatMap(({ identities }) => identities)[0];
  return {
    ...(payload.length <= limits.attestationBytes && { attestations: [{ key, content: payload }] }),
    display: { title: 'Attestation', digest: key, ...(subject !== undefined && { subject }) },
  };
}

/** What the search index finds a key by. */
export function keyIndexKeys(keys: readonly PkiKey[], { crypto, encoding }: PluginApi): string[] {
  return keys.flatMap(({ canonical, identities }) => [
    `sha256:${encoding.toHex(crypto.hash('sha256', canonical))}`,
    ...identities,
  ]);
}
