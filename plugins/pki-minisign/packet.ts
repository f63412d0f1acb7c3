import type { PluginApi } from '@countersign/plugin-api';

/**
 * What stands in the base64 of a minisign or signify file: two bytes that name the
 * algorithm, eight that name the key, and the key or the signature itself.
 */
export interface Packet {
  readonly algorithm: Uint8Array;
  readonly keyId: Uint8Array;
  /** 32 bytes of a key, 64 of a signature. */
  readonly payload: Uint8Array;
}

const algorithmBytes = 2;
const keyIdBytes = 8;

/** Reads a packet whose payload has exactly `payloadBytes`; `undefined` for anything else. Line ends are ignored. */
export function readPacket(api: PluginApi, base64: string, payloadBytes: number): Packet | undefined {
  const bytes = decodeBase64(api, base64);
  if (bytes?.length !== algorithmBytes + keyIdBytes + payloadBytes) return undefined;
  return {
    algorithm: bytes.slice(0, algorithmBytes),
    keyId: bytes.slice(algorithmBytes, algorithmBytes + keyIdBytes),
    payload: bytes.slice(algorithmBytes + keyIdBytes),
  };
}

/** Writes a packet as base64, without a line end. */
export function writePacket(api: PluginApi, { algorithm, keyId, payload }: Packet): string {
  return api.encoding.toBase64(Buffer.concat([algorithm, keyId, payload]));
}

/** Base64 in one line or several; `undefined` when it is none. */
export function decodeBase64(api: PluginApi, text: string): Uint8Array | undefined {
  try {
    return api.encoding.fromBase64(text.replaceAll(/[\r\n]/g, ''));
  } catch {
    return undefined;
  }
}
