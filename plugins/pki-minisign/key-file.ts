import type { PluginApi } from '@countersign/plugin-api';
import { type Packet, readPacket } from './packet.ts';

const keyBytes = 32;

/**
 * Reads a public key in any of the forms it is handed on: a comment line and base64, the
 * base64 alone, or nothing but the 32 bytes of the Ed25519 key, which then has no key id.
 * The comment may say anything.
 *
 * @returns `undefined` for anything else
 */
export function readKeyFile(api: PluginApi, file: Uint8Array): Packet | undefined {
  const text = Buffer.from(file).toString('latin1');
  const firstLineEnd = text.indexOf('\n');
  const afterComment = firstLineEnd === -1 ? undefined : readPacket(api, text.slice(firstLineEnd + 1), keyBytes);
  const key = afterComment ?? readPacket(api, text, keyBytes);
  if (key === undefined && file.length === keyBytes) {
    return { algorithm: Buffer.from('Ed'), keyId: new Uint8Array(8), payload: Uint8Array.from(file) };
  }
  return key;
}
