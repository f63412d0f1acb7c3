import type { Io } from '../../io.ts';
import { changeAndShow, type ShardOptions } from './change.ts';

/** `countersign shard freeze`: makes the log read only, until it is rolled. */
export async function run(options: ShardOptions, io: Io): Promise<void> {
  await changeAndShow(options, io, 'freeze');
}
