import { backUp } from '@countersign/node';
import { type DataOptions, dataSettings } from '../data-settings.ts';
import type { Io } from '../io.ts';
import { shardsText } from '../text/shards-text.ts';

/** The flags of `countersign backup`. */
export interface BackupOptions extends DataOptions {
  readonly to: string;
  readonly withoutKeys?: true;
}

/** `countersign backup`: copies a log, beside its running node or not, into a new folder. */
export async function run(options: BackupOptions, io: Io): Promise<void> {
  const settings = await dataSettings(options, io);
  const { to, withoutKeys } = options;
  const manifest = await backUp({ ...settings, to, withKeys: withoutKeys === undefined });
  const keys = Object.keys(manifest.files).length - 1;
  io.out(`backed up to ${to}:\n${shardsText(manifest.shards)}`);
  io.out(
    keys === 0
      ? 'no private keys: keep them elsewhere\n'
      : `private keys: ${keys}; guard the folder as you guard them\n`,
  );
}
