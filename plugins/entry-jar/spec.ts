import type { JsonObject, PluginApi } from '@countersign/plugin-api';

/** What the schema has made sure of. */
interface SpecShape {
  readonly archive: { readonly hash?: { readonly value: string }; readonly content?: string };
  readonly signature?: { readonly content: string; readonly publicKey: { readonly content: string } };
}

/** A spec with everything decoded. */
export interface Spec {
  /** SHA-256 of the archive in hex, as it was sent. */
  readonly digestHex?: string;
  /** The archive; a stored spec has none. */
  readonly content?: Uint8Array;
  /** PEM of the signature and of its first certificate; a proposal needs none. */
  readonly signature?: Uint8Array;
  readonly publicKey?: Uint8Array;
}

/** Decodes a spec that fits the schema. Refuses with `ERR_MALFORMED` and `ERR_ENTRY_INVALID`, in upstream's words. */
export function parseSpec(json: JsonObject, { encoding, errors }: PluginApi): Spec {
  const { archive, signature } = json as unknown as SpecShape;

  function bytes(text: string | undefined, what: string): Uint8Array | undefined {
    if (text === undefined || text === '') return undefined;
    try {
      // Encoders that wrap their lines are common, and upstream accepts them.
      return encoding.fromBase64(text.replace(/[\r\n]+/g, ''));
    } catch (cause) {
      throw errors.refuse('ERR_MALFORMED', `failed parsing base64 data for ${what} content`, cause);
    }
  }

  for (const [text, what] of [
    [signature?.content, 'signature'],
    [signature?.publicKey.content, 'publicKey'],
  ]) {
    if (text === '') throw errors.refuse('ERR_ENTRY_INVALID', `'content' must be specified for ${what}`);
  }
  const parts = {
    signature: bytes(signature?.content, 'signature'),
    publicKey: bytes(signature?.publicKey.content, 'signature publicKey'),
    content: bytes(archive.content, 'archive'),
  };
  const digestHex = archive.hash?.value;
  if (digestHex !== undefined && !/^[0-9a-fA-F]{64}$/.test(digestHex)) {
    throw errors.refuse('ERR_ENTRY_INVALID', 'invalid value for hash');
  }
  return { ...parts, ...(digestHex !== undefined && { digestHex }) } as Spec;
}

/** Writes a spec: as a client proposes it, an archive with its digest; as the log stores it, without the archive. */
export function formatSpec({ content, digestHex, signature, publicKey }: Spec, { encoding }: PluginApi): JsonObject {
  return {
    archive: {
      ...(content !== undefined && { content: encoding.toBase64(content) }),
      ...(digestHex !== undefined && { hash: { algorithm: 'sha256', value: digestHex } }),
    },
    ...(signature !== undefined &&
      publicKey !== undefined && {
        signature: { content: encoding.toBase64(signature), publicKey: { content: encoding.toBase64(publicKey) } },
      }),
  };
}
