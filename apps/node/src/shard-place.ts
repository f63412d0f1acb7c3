import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CountersignError } from '@countersign/errors';
import type { ShardPlace } from '@countersign/log';
import { AnchorFile, type TreeStorage } from '@countersign/tree';
import type { NodeConfig } from './config/node-config.ts';

/**
 * Where the shards of a node are kept: its database, and in its data folder the keys and anchors.
 *
 * @throws `ERR_CONFIG_INVALID` when the passphrase of the keys cannot be read
 */
export function shardPlace(
  config: Pick<NodeConfig, 'data' | 'keys'>,
  storage: TreeStorage,
  warn: (message: string, cause?: unknown) => void,
  clock: () => number = Date.now,
): ShardPlace {
  const keyFolder = join(config.data, 'keys');
  mkdirSync(keyFolder, { recursive: true, mode: 0o700 });
  return {
    storage,
    keyFolder,
    ...passphraseOf(config),
    anchor: ({ id }) => new AnchorFile(config.data, id, { warn }),
    clock,
  };
}

/** What encrypts the private keys, when they are encrypted. */
function passphraseOf({ keys }: Pick<NodeConfig, 'keys'>): { readonly keyPassphrase?: string } {
  if (keys?.passphraseFile === undefined) return {};
  try {
    const [keyPassphrase = ''] = readFileSync(keys.passphraseFile, 'utf8').split(/\r?\n/, 1);
    return { keyPassphrase };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CountersignError('ERR_CONFIG_INVALID', `keys.passphraseFile: ${why}`, { cause });
  }
}
