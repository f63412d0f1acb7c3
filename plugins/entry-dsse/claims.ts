import type { BundleClaims, PluginApi } from '@countersign/plugin-api';

/** Whether a bundle's key, the DER of the leaf or of the bare key, is this one, in canonical PEM. */
export function isVerifier(canonical: Uint8Array, { verifier }: BundleClaims, { encoding }: PluginApi): boolean {
  return Buffer.compare(encoding.decodePem(canonical)[0]?.der ?? canonical, verifier) === 0;
}

/** Whether a bundle's digest is this SHA-256, in hex. */
export function isDigest(hex: string | undefined, { digest }: BundleClaims, { encoding }: PluginApi): boolean {
  return digest.algorithm === 'sha256' && encoding.toHex(digest.value) === hex;
}

/** The refusal of a bundle whose part is another than the entry's. */
export function mismatch(part: 'signature' | 'key' | 'digest', { errors }: PluginApi): Error {
  return errors.refuse('ERR_ENTRY_MISMATCH', `the log entry's ${part} is not the one it was checked against`);
}
