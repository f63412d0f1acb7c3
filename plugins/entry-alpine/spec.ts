import type { JsonObject, PluginApi } from '@countersign/plugin-api';

/** What the schema has made sure of. */
interface SpecShape {
  readonly package: {
    readonly hash?: { readonly value: string };
    readonly content?: string;
    readonly pkginfo?: Readonly<Record<string, unknown>>;
  };
  readonly publicKey: { readonly content: string };
}

/** A spec with everything decoded. */
export interface Spec {
  /** SHA-256 of the package in hex, as it was sent. */
  readonly digestHex?: string;
  /** The package; a stored spec has none. */
  readonly content?: Uint8Array;
  /** The key file. */
  readonly publicKey: Uint8Array;
}

/** Decodes a spec that fits the schema. Refuses with `ERR_MALFORMED` and `ERR_ENTRY_INVALID`, in upstream's words. */
export function parseSpec(json: JsonObject, { encoding, errors }: PluginApi): Spec {
  const { package: archive, publicKey } = json as unknown as SpecShape;

  function bytes(text: string, what: string): Uint8Array {
    try {
      // Encoders that wrap their lines are common, and upstream accepts them.
      return encoding.fromBase64(text.replace(/[\r\n]+/g, ''));
    } catch (cause) {
      throw errors.refuse('ERR_MALFORMED', `failed parsing base64 data for ${what} content`, cause);
    }
  }

  if (publicKey.content === '') {
    throw errors.refuse('ERR_ENTRY_INVALID', `'content' must be specified for publicKey`);
  }
  const digestHex = archive.hash?.value;
  if (digestHex !== undefined && !/^[0-9a-fA-F]{64}$/.test(digestHex)) {
    throw errors.refuse('ERR_ENTRY_INVALID', 'invalid value for hash');
  }
  return {
    publicKey: bytes(publicKey.content, 'public key'),
    ...(digestHex !== undefined && { digestHex }),
    ...(archive.content !== undefined && archive.content !== '' && { content: bytes(archive.content, 'package') }),
  };
}

/** What a stored package is called: name and version, as far as they are there. */
export function titleOf(json: JsonObject): string {
  const { pkgname, pkgver } = (json as unknown as SpecShape).package.pkginfo ?? {};
  const parts = [pkgname, pkgver].filter((part) => typeof part === 'string' && part !== '');
  return parts.join(' ') || 'Alpine package';
}

/** Writes a spec: as a client proposes it, with the package; as the log stores it, with its .PKGINFO instead. */
export function formatSpec(
  { content, digestHex, publicKey }: Spec,
  { encoding }: PluginApi,
  pkginfo?: ReadonlyMap<string, string>,
): JsonObject {
  return {
    package: {
      ...(content !== undefined && { content: encoding.toBase64(content) }),
      ...(digestHex !== undefined && { hash: { algorithm: 'sha256', value: digestHex } }),
      ...(pkginfo !== undefined && { pkginfo: Object.fromEntries(pkginfo) }),
    },
    publicKey: { content: encoding.toBase64(publicKey) },
  };
}
