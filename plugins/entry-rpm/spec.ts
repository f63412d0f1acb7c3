import type { JsonObject, PluginApi } from '@countersign/plugin-api';

/** What the schema has made sure of. */
interface SpecShape {
  readonly publicKey: { readonly content: string };
  readonly package: {
    readonly hash?: { readonly value: string };
    readonly content?: string;
    readonly headers?: Readonly<Record<string, unknown>>;
  };
}

/** A spec with everything decoded. */
export interface Spec {
  /** SHA-256 of the package in hex, as it was sent. */
  readonly digestHex?: string;
  /** The package file; a stored spec has none. */
  readonly content?: Uint8Array;
  /** The key file. */
  readonly publicKey: Uint8Array;
}

/** Decodes a spec that fits the schema. Refuses with `ERR_MALFORMED` and `ERR_ENTRY_INVALID`, in upstream's words. */
export function parseSpec(json: JsonObject, { encoding, errors }: PluginApi): Spec {
  const { publicKey, package: file } = json as unknown as SpecShape;

  function bytes(text: string, what: string): Uint8Array {
    try {
      // Encoders that wrap their lines are common, and upstream accepts them.
      return encoding.fromBase64(text.replace(/[\r\n]+/g, ''));
    } catch (cause) {
      throw errors.refuse('ERR_MALFORMED', `failed parsing base64 data for ${what} content`, cause);
    }
  }

  const digestHex = file.hash?.value;
  if (publicKey.content === '') throw errors.refuse('ERR_ENTRY_INVALID', `'content' must be specified for publicKey`);
  if (digestHex !== undefined && !/^[0-9a-fA-F]{64}$/.test(digestHex)) {
    throw errors.refuse('ERR_ENTRY_INVALID', 'invalid value for hash');
  }
  return {
    ...(digestHex !== undefined && { digestHex }),
    ...(file.content !== undefined && file.content !== '' && { content: bytes(file.content, 'package') }),
    publicKey: bytes(publicKey.content, 'publicKey'),
  };
}

/** What a stored package is called: `hello 1.2-3.noarch`, with the epoch before the version where it has one. */
export function titleOf(json: JsonObject): string {
  const { headers = {} } = (json as unknown as SpecShape).package;
  const text = (name: string) => (typeof headers[name] === 'string' ? headers[name] : '');
  if (text('Name') === '') return 'RPM package';
  const epoch = ['', '0'].includes(text('Epoch')) ? '' : `${text('Epoch')}:`;
  return `${text('Name')} ${epoch}${text('Version')}-${text('Release')}.${text('Architecture')}`;
}

/** Writes a spec: as a client proposes it with the package, as the log stores it with what was read from it. */
export function formatSpec(
  { content, digestHex, publicKey }: Spec & { readonly digestHex: string },
  { encoding }: PluginApi,
  headers?: JsonObject,
): JsonObject {
  return {
    package: {
      ...(content !== undefined && { content: encoding.toBase64(content) }),
      hash: { algorithm: 'sha256', value: digestHex },
      ...(headers !== undefined && { headers }),
    },
    publicKey: { content: encoding.toBase64(publicKey) },
  };
}
