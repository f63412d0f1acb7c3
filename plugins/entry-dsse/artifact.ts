import type { PluginApi } from '@countersign/plugin-api';

/** An envelope file as text. Refuses with `ERR_ENTRY_INVALID` what is not UTF-8: the log keeps the digest of this text. */
export function envelopeText(content: Uint8Array, { errors }: PluginApi): string {
  const text = Buffer.from(content).toString('utf8');
  if (Buffer.compare(Buffer.from(text), content) === 0) return text;
  throw errors.refuse('ERR_ENTRY_INVALID', 'the envelope is not UTF-8');
}
