import type { HashAlgorithm, JsonObject, PluginApi } from '@countersign/plugin-api';
import { digestDigits } from './algorithms.ts';

/** What the schema has made sure of. */
interface SpecShape {
  readonly data: { readonly hash: { readonly algorithm: HashAlgorithm; readonly value: string } };
  readonly signature: { readonly content: string; readonly publicKey: { readonly content: string } };
}

/** A spec with everything decoded. */
export interface Spec {
  readonly hash: HashAlgorithm;
  /** Hex as it was sent: the log keeps its case. */
  readonly digestHex: string;
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  /** The key file, PEM. */
  readonly publicKey: Uint8Array;
}

/** Decodes a spec that fits the schema. Refuses with `ERR_MALFORMED` and `ERR_ENTRY_INVALID`. */
export function parseSpec(json: JsonObject, { encoding, errors }: PluginApi): Spec {
  const { data, signature } = json as unknown as SpecShape;
  const { algorithm: hash, value: digestHex } = data.hash;
  if (digestHex.length !== digestDigits[hash]) throw errors.refuse('ERR_ENTRY_INVALID', 'invalid value for hash');

  function bytes(text: string, what: string): Uint8Array {
    try {
      // Encoders that wrap their lines are common, and upstream accepts them.
      return encoding.fromBase64(text.replace(/[\r\n]+/g, ''));
    } catch (cause) {
      throw errors.refuse('ERR_MALFORMED', `failed parsing base64 data for ${what} content`, cause);
    }
  }

  return {
    hash,
    digestHex,
    digest: encoding.fromHex(digestHex),
    signature: bytes(signature.content, 'signature'),
    publicKey: bytes(signature.publicKey.content, 'public key'),
  };
}

/** Writes the spec as the log stores it. */
export function formatSpec(spec: Omit<Spec, 'digest'>, { encoding }: PluginApi): JsonObject {
  return {
    data: { hash: { algorithm: spec.hash, value: spec.digestHex } },
    signature: {
      content: encoding.toBase64(spec.signature),
      publicKey: { content: encoding.toBase64(spec.publicKey) },
    },
  };
}
