import type { Io } from '../../io.ts';
import { changeAndShow, type ShardOptions } from './change.ts';

/** `countersign shard roll`: freezes the active shard and begins a new one. */
export async function run(options: ShardOptions & { readonly newKey?: true }, io: Io): Promise<void> {
  await changeAndShow(options, io, options.newKey === true ? 'roll with a new key' : 'roll');
}
