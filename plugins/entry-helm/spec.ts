import type { JsonObject, PluginApi } from '@countersign/plugin-api';

/** What the schema has made sure of. */
interface SpecShape {
  readonly publicKey: { readonly content: string };
  readonly chart: {
    readonly hash?: { readonly value: string };
    readonly provenance: { readonly signature?: { readonly content?: string }; readonly content?: string };
  };
}

/** A proposed spec with everything decoded. */
export interface Proposed {
  /** The provenance file. */
  readonly provenance: Uint8Array;
  /** The key file. */
  readonly publicKey: Uint8Array;
}

/** A stored spec with everything decoded. */
export interface Stored {
  /** SHA-256 of the chart in hex. */
  readonly digestHex: string;
  /** The armored signature. */
  readonly signature: Uint8Array;
  /** The canonical key file. */
  readonly publicKey: Uint8Array;
}

/** Decodes a proposal that fits the schema. Refuses with `ERR_MALFORMED` and `ERR_ENTRY_INVALID`, in upstream's words. */
export function parseProposed(json: JsonObject, api: PluginApi): Proposed {
  const { publicKey, chart } = json as unknown as SpecShape;
  const { content = '', signature } = chart.provenance;
  const invalid = (problem: string) => api.errors.refuse('ERR_ENTRY_INVALID', problem);
  if (publicKey.content === '') throw invalid(`'content' must be specified for publicKey`);
  if (content === '' && (signature?.content ?? '') === '') throw invalid(`'content' must be specified for provenance`);
  if (content === '') throw invalid('entry not insertable into log: missing provenance content');
  return {
    publicKey: bytes(publicKey.content, 'publicKey', api),
    provenance: bytes(content, 'provenance', api),
  };
}

/** Decodes a stored spec. A part that is absent is empty. Refuses with `ERR_MALFORMED`. */
export function parseStored(json: JsonObject, api: PluginApi): Stored {
  const { publicKey, chart } = json as unknown as SpecShape;
  return {
    digestHex: chart.hash?.value ?? '',
    signature: bytes(chart.provenance.signature?.content ?? '', 'provenance signature', api),
    publicKey: bytes(publicKey.content, 'publicKey', api),
  };
}

/** Writes a spec as a client proposes it. */
export function formatProposed({ provenance, publicKey }: Proposed, { encoding }: PluginApi): JsonObject {
  return {
    chart: { provenance: { content: encoding.toBase64(provenance) } },
    publicKey: { content: encoding.toBase64(publicKey) },
  };
}

/** Writes a spec as the log stores it. */
export function formatStored({ digestHex, signature, publicKey }: Stored, { encoding }: PluginApi): JsonObject {
  return {
    chart: {
      hash: { algorithm: 'sha256', value: digestHex },
      provenance: { signature: { content: encoding.toBase64(signature) } },
    },
    publicKey: { content: encoding.toBase64(publicKey) },
  };
}

function bytes(text: string, what: string, { encoding, errors }: PluginApi): Uint8Array {
  try {
    // Encoders that wrap their lines are common, and upstream accepts them.
    return encoding.fromBase64(text.replace(/[\r\n]+/g, ''));
  } catch (cause) {
    throw errors.refuse('ERR_MALFORMED', `failed parsing base64 data for ${what} content`, cause);
  }
}
