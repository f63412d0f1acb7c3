import type { PluginApi } from '@countersign/plugin-api';
import { decodeBase64, type Packet, readPacket } from './packet.ts';

const signatureBytes = 64;

/**
 * Reads a signature file of minisign (two comments, each followed by base64) or signify
 * (one comment and base64).
 *
 * minisign's second base64 signs the trusted comment. Like upstream it is dropped
 * unverified, since the log keeps neither; it only has to have a signature's size.
 *
 * @returns `undefined` for anything else
 */
export function readSignatureFile(api: PluginApi, file: Uint8Array): Packet | undefined {
  const text = Buffer.from(file).toString('latin1');
  const [, minisign = '', , ...rest] = text.split('\n');
  if (rest.length > 0 && decodeBase64(api, rest.join('\n'))?.length === signatureBytes) {
    const signature = readPacket(api, minisign, signatureBytes);
    if (signature !== undefined) return signature;
  }
  const [, signify, more] = withoutLineEnds(text).split('\n');
  return signify === undefined || more !== undefined ? undefined : readPacket(api, signify, signatureBytes);
}

/** One regular expression would do, and take quadratic time on a file of line ends. */
function withoutLineEnds(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\n') end--;
  return text.slice(0, end);
}
