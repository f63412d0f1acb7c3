import type { PkiKey, PkiSigner, PluginApi } from '@countersign/plugin-api';
import type { Envelope } from './envelope.ts';

/** A signature of an envelope, and whoever made it. */
export interface SignedBy {
  /** The signature's base64 text. */
  readonly text: string;
  readonly key: PkiKey;
  readonly signer: PkiSigner;
}

/**
 * The first signature of an envelope that a key made. A key is worth one signature, as upstream counts: a second
 * one needs another key.
 *
 * @param keyFile PEM: a public key, a certificate, or a chain
 * @throws `ERR_SIGNATURE_INVALID` when the key made none; `ERR_MALFORMED`, `ERR_UNSUPPORTED`, `ERR_TOO_LARGE`
 */
export async function signatureBy(
  keyFile: Uint8Array,
  { signed, signatures }: Envelope,
  { errors, pki }: PluginApi,
): Promise<SignedBy> {
  const format = pki.get('x509');
  const key = await format.parseKey(keyFile);
  let cause: Error | undefined;
  for (const { text, bytes } of signatures) {
    try {
      const signature = await format.parseSignature(bytes);
      const [signer] = await format.verify({ signed: { message: signed }, signature, keys: [key] });
      if (signer !== undefined) return { text, key, signer };
    } catch (error) {
      if (!isInvalid(error)) throw error;
      cause = error;
    }
  }
  const why = `could not verify envelope: a key made none of its signatures: ${cause?.message}`;
  throw errors.refuse('ERR_SIGNATURE_INVALID', why, cause);
}

/** What the search index finds signers by: the digests of their canonical keys, and their names. */
export function keyIndexKeys(signed: readonly Pick<SignedBy, 'key'>[], { crypto, encoding }: PluginApi): string[] {
  return signed.flatMap(({ key: { canonical, identities } }) => [
    `sha256:${encoding.toHex(crypto.hash('sha256', canonical))}`,
    ...identities,
  ]);
}

/** The same of key files as the log keeps them. */
export async function keyFileIndexKeys(keyFiles: readonly Uint8Array[], api: PluginApi): Promise<string[]> {
  const keys = await Promise.all(keyFiles.map((file) => api.pki.get('x509').parseKey(file)));
  return keyIndexKeys(
    keys.map((key) => ({ key })),
    api,
  );
}

/** The first name that one of these key files claims, for a list; keys without names are passed over. */
export async function firstSubject(
  keyFiles: readonly Uint8Array[],
  { pki }: PluginApi,
): Promise<{ readonly subject?: string }> {
  for (const file of keyFiles) {
    const [subject] = (await pki.get('x509').parseKey(file)).identities;
    if (subject !== undefined) return { subject };
  }
  return {};
}

/** By shape: an error may come from another realm. */
function isInvalid(error: unknown): error is Error {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ERR_SIGNATURE_INVALID';
}
