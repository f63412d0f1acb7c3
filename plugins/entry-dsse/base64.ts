import type { PluginApi } from '@countersign/plugin-api';

/** Decodes base64, in lines or not: encoders that wrap their lines are common. Refuses with `ERR_MALFORMED`. */
export function decodeBase64(text: string, what: string, { encoding, errors }: PluginApi): Uint8Array {
  try {
    return encoding.fromBase64(text.replace(/[\r\n]+/g, ''));
  } catch (cause) {
    throw errors.refuse('ERR_MALFORMED', `failed parsing base64 data for ${what}`, cause);
  }
}

/** Decodes base64 of a text: what is base64 twice. Refuses with `ERR_MALFORMED`. */
export function decodeText(base64: string, what: string, api: PluginApi): string {
  const bytes = Buffer.from(decodeBase64(base64, what, api));
  const text = bytes.toString('utf8');
  // The text is written back to the log: it must be the bytes that came.
  if (Buffer.compare(Buffer.from(text), bytes) === 0) return text;
  throw api.errors.refuse('ERR_MALFORMED', `${what} is not UTF-8`);
}
