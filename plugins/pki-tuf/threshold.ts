import type { PluginApi, VerifyKey } from '@countersign/plugin-api';
import type { Metadata } from './metadata.ts';
import type { Root } from './root.ts';

/** The roles a root may name; a delegated role's name is not the `_type` of any file. */
const topLevelRoles: readonly string[] = ['root', 'targets', 'snapshot', 'timestamp'];

/**
 * Who signed metadata for its role under a root (TUF specification §4.2.1, §5.2), or why that is not
 * enough. Keys are told apart by what they are, never by their IDs: one key
 * under two IDs counts once. A signature that does not verify counts as none.
 */
export function signersOf(
  { crypto, encoding }: PluginApi,
  root: Root,
  metadata: Metadata,
): { readonly signers: readonly VerifyKey[] } | { readonly fault: string } {
  const role = topLevelRoles.includes(metadata.role) ? root.roles.get(metadata.role) : undefined;
  if (role === undefined) return { fault: 'the root has no role for this type of metadata' };
  const digest = crypto.hash('sha256', metadata.text);
  const signers = new Map<string, VerifyKey>();
  for (const { keyId, signature } of metadata.signatures) {
    const key = role.keyIds.has(keyId) ? root.keys.get(keyId) : undefined;
    if (key !== undefined && isSignedBy(key, signature)) signers.set(encoding.toHex(key.spki), key);
  }
  if (signers.size >= role.threshold) return { signers: [...signers.values()] };
  return { fault: `${metadata.role} is signed by ${signers.size} of the ${role.threshold} keys it takes` };

  function isSignedBy(key: VerifyKey, signature: Uint8Array): boolean {
    if (key.algorithm === 'ed25519') return crypto.verify(key, { message: metadata.text }, signature);
    const signed = { digest, hash: 'sha256' } as const;
    return crypto.verify(key, signed, signature, key.algorithm.startsWith('rsa-') ? { scheme: 'pss' } : {});
  }
}
