import { changeShards, loadConfig, readShards, type ShardChange } from '@countersign/node';
import type { Io } from '../../io.ts';
import { printShards } from './table.ts';

/** The flags of every `countersign shard` command. */
export interface ShardOptions {
  readonly data?: string;
  readonly database?: string;
  readonly config?: string;
  readonly format: 'default' | 'json';
}

/** Changes the shards of a data folder's log, if anything is to be changed, and shows them. */
export async function changeAndShow(options: ShardOptions, io: Io, change?: ShardChange): Promise<void> {
  const { data, database, config: file, format } = options;
  const { config } = await loadConfig({
    // What a node needs beside the folder and the keys is no matter here.
    flags: { data, database, publicUrl: 'http://127.0.0.1' },
    environment: io.env,
    ...(file === undefined ? {} : { file }),
  });
  if (change !== undefined) {
    await changeShards(config, change, { onWarning: (message) => io.err(`countersign: warning: ${message}\n`) });
  }
  printShards(io, format, await readShards(config));
}
