import { mkdirSync } from 'node:fs';
import type { ShardPlace } from '@countersign/log';
import { AnchorFile, type TreeStorage } from '@countersign/tree';
import type { NodeConfig } from './config/node-config.ts';
import { passphraseOf } from './config/passphrase.ts';
import { dataFiles } from './data-files.ts';

/**
 * Where the shards of a node are kept: its database, and in its data folder the keys and anchors.
 *
 * @throws `ERR_CONFIG_INVALID` when the passphrase of the keys cannot be read
 */
export function shardPlace(
  config: Pick<NodeConfig, 'data' | 'keys'> & Partial<Pick<NodeConfig, 'readOnly'>>,
  storage: TreeStorage,
  warn: (message: string, cause?: unknown) => void,
  clock: () => number = Date.now,
): ShardPlace {
  const keyFolder = dataFiles(config.data).keys;
  mkdirSync(keyFolder, { recursive: true, mode: 0o700 });
  return {
    storage,
    keyFolder,
    ...passphraseOf(config),
    anchor: ({ id }) => new AnchorFile(config.data, id, { warn, readOnly: config.readOnly ?? false }),
    clock,
  };
}
