import { readFileSync } from 'node:fs';
import { CountersignError } from '@countersign/errors';
import type { NodeConfig } from './node-config.ts';

/**
 * What encrypts the private keys, when they are encrypted.
 *
 * @throws `ERR_CONFIG_INVALID` when its file cannot be read
 */
export function passphraseOf({ keys }: Pick<NodeConfig, 'keys'>): { readonly keyPassphrase?: string } {
  if (keys?.passphraseFile === undefined) return {};
  try {
    const [keyPassphrase = ''] = readFileSync(keys.passphraseFile, 'utf8').split(/\r?\n/, 1);
    return { keyPassphrase };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CountersignError('ERR_CONFIG_INVALID', `keys.passphraseFile: ${why}`, { cause });
  }
}
