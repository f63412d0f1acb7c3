import type { JsonObject, JsonValue, PluginApi } from '@countersign/plugin-api';
import { limits } from './limits.ts';

/** A DSSE envelope (DSSE 1.0, envelope.md) with everything decoded. */
export interface Envelope {
  readonly payloadType: string;
  readonly payload: Uint8Array;
  /** What was signed: the pre-authentication encoding of type and payload. */
  readonly signed: Uint8Array;
  /** At least one. */
  readonly signatures: readonly EnvelopeSignature[];
}

/** One signature of an envelope. */
export interface EnvelopeSignature {
  /** What the envelope calls the key: a hint that nothing signs, and that chooses no key here. Never empty. */
  readonly keyid?: string;
  /** Standard base64, as it was sent. */
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** Parses an envelope's JSON text. Refuses with `ERR_MALFORMED` and `ERR_TOO_LARGE`. */
export function parseEnvelope(text: string, api: PluginApi): Envelope {
  let json: JsonValue;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw api.errors.refuse('ERR_MALFORMED', 'malformed DSSE envelope: not JSON', cause);
  }
  return readEnvelope(json, api);
}

/** Reads an envelope that is JSON already. Refuses with `ERR_MALFORMED` and `ERR_TOO_LARGE`. */
export function readEnvelope(json: JsonValue | undefined, { encoding, errors }: PluginApi): Envelope {
  const malformed = (what: string, cause?: unknown) =>
    errors.refuse('ERR_MALFORMED', `malformed DSSE envelope: ${what}`, cause);

  /** An object whose names have one reading: some parsers do not tell the case of letters apart. */
  function object(value: JsonValue | undefined, names: readonly string[]): JsonObject {
    if (!isObject(value)) throw malformed('not an object');
    for (const name of Object.keys(value)) {
      const meant = names.find((one) => fold(one) === fold(name));
      if (meant !== undefined && meant !== name) throw malformed(`${JSON.stringify(name)} reads as ${meant}`);
    }
    return value;
  }

  function string(value: JsonValue | undefined, what: string): string {
    if (typeof value !== 'string') throw malformed(`${what} is not a string`);
    return value;
  }

  function bytes(base64: string, what: string): Uint8Array {
    try {
      return encoding.fromBase64(base64);
    } catch (cause) {
      throw malformed(`${what} is not base64`, cause);
    }
  }

  const envelope = object(json, ['payload', 'payloadType', 'signatures']);
  const { signatures } = envelope;
  if (!Array.isArray(signatures) || signatures.length === 0) {
    throw errors.refuse('ERR_MALFORMED', 'DSSE envelope must contain 1 or more signatures');
  }
  if (signatures.length > limits.signatures) {
    throw errors.refuse('ERR_TOO_LARGE', `DSSE envelope has more than ${limits.signatures} signatures`);
  }
  const payloadType = string(envelope.payloadType, 'payloadType');
  // A lone surrogate has no UTF-8: what was signed would be a guess.
  if (Buffer.from(payloadType).toString('utf8') !== payloadType) throw malformed('payloadType is not Unicode');
  const payload = bytes(standardBase64(string(envelope.payload, 'payload')), 'payload');
  return {
    payloadType,
    payload,
    signed: preAuthenticationEncoding(payloadType, payload),
    signatures: signatures.map((one: JsonValue) => {
      const signature = object(one, ['keyid', 'sig']);
      const keyid = string(signature.keyid ?? '', 'keyid');
      const text = string(signature.sig, 'sig');
      if (text === '') throw malformed('sig is empty');
      return { ...(keyid !== '' && { keyid }), text, bytes: bytes(text, 'sig') };
    }),
  };
}

/** DSSE 1.0, protocol.md: lengths are of bytes, the type is UTF-8. */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = Buffer.from(payloadType);
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} `), type, Buffer.from(` ${payload.length} `), payload]);
}

/** A payload may be in the URL-safe alphabet, and in lines. A text that mixes the alphabets is left as it is. */
function standardBase64(text: string): string {
  const joined = text.replace(/[\r\n]+/g, '');
  return /[+/]/.test(joined) ? joined : joined.replaceAll('-', '+').replaceAll('_', '/');
}

/** Names that Go's JSON takes for the same become the same: lower case first for the Kelvin sign, then upper for ſ. */
function fold(name: string): string {
  return name.toLowerCase().toUpperCase();
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
