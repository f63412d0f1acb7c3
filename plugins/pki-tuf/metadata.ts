import type { JsonObject, JsonValue, PluginApi } from '@countersign/plugin-api';
import { isObject, parseJson } from './json.ts';
import { limits } from './limits.ts';
import { olpcJson } from './olpc-json.ts';

/** One signature of a metadata file (TUF specification §4.2.1). */
export interface MetadataSignature {
  readonly keyId: string;
  readonly signature: Uint8Array;
}

/** A TUF metadata file, parsed and not yet verified. */
export interface Metadata {
  /** RFC 8785 JSON of the file, without members that TUF does not name. What the log stores. */
  readonly canonical: Uint8Array;
  /** What the signatures cover: OLPC canonical JSON of `signed`. */
  readonly text: Uint8Array;
  readonly signed: JsonObject;
  readonly signatures: readonly MetadataSignature[];
  /** `_type`: which role signs such a file. */
  readonly role: string;
  readonly expires: Date;
}

/** RFC 3339 §5.6, as Go reads it. */
const timeShape = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Reads a TUF metadata file (TUF specification §4.2.1): `{signed, signatures}`.
 *
 * @throws `ERR_MALFORMED`
 * @throws `ERR_TOO_LARGE`
 */
export function readMetadata({ encoding, errors }: PluginApi, bytes: Uint8Array, maxBytes: number): Metadata {
  const malformed = (why: string, cause?: unknown) =>
    errors.refuse('ERR_MALFORMED', `malformed TUF metadata: ${why}`, cause);
  if (bytes.length > maxBytes) throw errors.refuse('ERR_TOO_LARGE', `TUF metadata is over ${maxBytes} bytes`);

  const file = object(parse(), 'the file');
  const signed = object(file.signed, 'signed');
  if (!Array.isArray(file.signatures)) throw malformed('signatures is no list');
  if (file.signatures.length > limits.signatures) {
    throw errors.refuse('ERR_TOO_LARGE', `TUF metadata has over ${limits.signatures} signatures`);
  }
  const signatures = file.signatures.map(readSignature);
  const canonical = encoding.canonicalJson({
    signed,
    signatures: signatures.map(({ keyId, signature }) => ({ keyid: keyId, sig: encoding.toHex(signature) })),
  });
  const { _type: role, version, expires } = signed;
  if (typeof role !== 'string') throw malformed('_type is no text');
  if (!Number.isSafeInteger(version) || Number(version) < 0) throw malformed('version is no natural number');
  const time = typeof expires === 'string' && timeShape.test(expires) ? Date.parse(expires) : Number.NaN;
  if (Number.isNaN(time)) throw malformed('expires is no time');
  return {
    canonical,
    text: Buffer.from(olpcJson(signed, malformed)),
    signed,
    signatures,
    role,
    expires: new Date(time),
  };

  function parse(): JsonValue {
    try {
      return parseJson(bytes);
    } catch (cause) {
      throw malformed('no JSON', cause);
    }
  }

  function object(value: JsonValue | undefined, what: string): JsonObject {
    if (isObject(value)) return value;
    throw malformed(`${what} is no object`);
  }

  function readSignature(value: JsonValue): MetadataSignature {
    const { keyid, sig } = object(value, 'a signature');
    if (typeof keyid !== 'string' || typeof sig !== 'string') throw malformed('a signature lacks keyid or sig');
    return { keyId: keyid, signature: encoding.fromHex(sig) };
  }
}
