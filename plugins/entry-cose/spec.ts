import type { JsonObject, PluginApi } from '@countersign/plugin-api';

/** What the schema has made sure of. */
interface SpecShape {
  readonly message?: string;
  readonly publicKey: string;
  readonly data?: { readonly aad?: string; readonly payloadHash?: unknown; readonly envelopeHash?: unknown };
}

/** What a client proposes. */
export interface Proposal {
  /** A COSE_Sign1 message. */
  readonly message: Uint8Array;
  /** The key file. */
  readonly publicKey: Uint8Array;
  /** What was signed beside the message; may be empty. */
  readonly aad: Uint8Array;
}

/** What the log stores. */
export interface Stored {
  /** The canonical key file. */
  readonly publicKey: Uint8Array;
  /** SHA-256 of the payload and of the message, in lower-case hex. */
  readonly payloadHash: string;
  readonly envelopeHash: string;
}

/** Decodes a proposal that fits the schema. Refuses with `ERR_MALFORMED` and `ERR_ENTRY_INVALID`. */
export function parseProposal(json: JsonObject, api: PluginApi): Proposal {
  const { message = '', publicKey, data } = json as unknown as SpecShape;
  const invalid = (why: string) => api.errors.refuse('ERR_ENTRY_INVALID', why);
  if (publicKey === '') throw invalid('missing public key');
  if (message === '') throw invalid('entry not insertable into log: missing COSE Sign1 message');
  if (data === undefined) throw invalid('cose object data cannot be nil');
  return {
    message: decode(message, 'message', api),
    publicKey: decode(publicKey, 'publicKey', api),
    aad: decode(data.aad ?? '', 'aad', api),
  };
}

/** Decodes a stored spec. Refuses with `ERR_MALFORMED` and `ERR_ENTRY_INVALID`. */
export function parseStored(json: JsonObject, api: PluginApi): Stored {
  const { publicKey, data } = json as unknown as SpecShape;
  const [payloadHash, envelopeHash] = [data?.payloadHash, data?.envelopeHash].map(hashValue);
  if (payloadHash === undefined || envelopeHash === undefined) {
    throw api.errors.refuse('ERR_ENTRY_INVALID', 'payloadHash and envelopeHash must be present');
  }
  return { publicKey: decode(publicKey, 'publicKey', api), payloadHash, envelopeHash };
}

/** Writes a spec as a client proposes it. */
export function formatProposal({ message, publicKey, aad }: Proposal, { encoding }: PluginApi): JsonObject {
  return {
    data: { ...(aad.length > 0 && { aad: encoding.toBase64(aad) }) },
    message: encoding.toBase64(message),
    publicKey: encoding.toBase64(publicKey),
  };
}

/** Writes a spec as the log stores it. */
export function formatStored({ publicKey, payloadHash, envelopeHash }: Stored, { encoding }: PluginApi): JsonObject {
  return {
    data: {
      envelopeHash: { algorithm: 'sha256', value: envelopeHash },
      payloadHash: { algorithm: 'sha256', value: payloadHash },
    },
    publicKey: encoding.toBase64(publicKey),
  };
}

function hashValue(hash: unknown): string | undefined {
  const value = typeof hash === 'object' && hash !== null && 'value' in hash ? hash.value : undefined;
  return typeof value === 'string' ? value : undefined;
}

function decode(text: string, what: string, { encoding, errors }: PluginApi): Uint8Array {
  try {
    // Encoders that wrap their lines are common, and upstream accepts them.
    return encoding.fromBase64(text.replace(/[\r\n]+/g, ''));
  } catch (cause) {
    throw errors.refuse('ERR_MALFORMED', `failed parsing base64 data for ${what}`, cause);
  }
}
