import type { Io } from '../../io.ts';
import { changeAndShow, type ShardOptions } from './change.ts';

/** `countersign shard list`: the shards of a data folder's log, whether a node runs on it or not. */
export async function run(options: ShardOptions, io: Io): Promise<void> {
  await changeAndShow(options, io);
}
