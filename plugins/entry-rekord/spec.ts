import type { JsonObject, PluginApi } from '@countersign/plugin-api';

/** What the schema has made sure of. */
interface SpecShape {
  readonly data: { readonly hash?: { readonly value: string }; readonly content?: string };
  readonly signature: {
    readonly format: string;
    readonly content: string;
    readonly publicKey: { readonly content: string };
  };
}

/** A spec with everything decoded. */
export interface Spec {
  /** Id of a PKI format. */
  readonly format: string;
  /** SHA-256 of the artifact in hex, as it was sent. */
  readonly digestHex?: string;
  /** The artifact; a stored spec has none. */
  readonly content?: Uint8Array;
  /** The signature file. */
  readonly signature: Uint8Array;
  /** The key file. */
  readonly publicKey: Uint8Array;
}

/** Decodes a spec that fits the schema. Refuses with `ERR_MALFORMED` and `ERR_ENTRY_INVALID`, in upstream's words. */
export function parseSpec(json: JsonObject, { encoding, errors }: PluginApi): Spec {
  const { data, signature } = json as unknown as SpecShape;

  function bytes(text: string, what: string): Uint8Array {
    try {
      // Encoders that wrap their lines are common, and upstream accepts them.
      return encoding.fromBase64(text.replace(/[\r\n]+/g, ''));
    } catch (cause) {
      throw errors.refuse('ERR_MALFORMED', `failed parsing base64 data for ${what} content`, cause);
    }
  }

  if (signature.format === '') throw errors.refuse('ERR_ENTRY_INVALID', 'missing signature format');
  for (const [text, what] of [
    [signature.content, 'signature'],
    [signature.publicKey.content, 'publicKey'],
  ]) {
    if (text === '') throw errors.refuse('ERR_ENTRY_INVALID', `'content' must be specified for ${what}`);
  }
  const digestHex = data.hash?.value;
  if (digestHex !== undefined && !/^[0-9a-fA-F]{64}$/.test(digestHex)) {
    throw errors.refuse('ERR_ENTRY_INVALID', digestHex === '' ? 'missing hash value' : 'invalid value for hash');
  }
  return {
    format: signature.format,
    ...(digestHex !== undefined && { digestHex }),
    ...(data.content !== undefined && data.content !== '' && { content: bytes(data.content, 'data') }),
    signature: bytes(signature.content, 'signature'),
    publicKey: bytes(signature.publicKey.content, 'signature publicKey'),
  };
}

/** Writes a spec: as a client proposes it with the artifact, as the log stores it without. */
export function formatSpec({ content, digestHex, ...spec }: Spec, { encoding }: PluginApi): JsonObject {
  return {
    data: {
      ...(content !== undefined && { content: encoding.toBase64(content) }),
      ...(digestHex !== undefined && { hash: { algorithm: 'sha256', value: digestHex } }),
    },
    signature: {
      content: encoding.toBase64(spec.signature),
      format: spec.format,
      publicKey: { content: encoding.toBase64(spec.publicKey) },
    },
  };
}
