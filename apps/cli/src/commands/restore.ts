import { restore } from '@countersign/node';
import { type DataOptions, dataSettings } from '../data-settings.ts';
import type { Io } from '../io.ts';
import { shardsText } from '../text/shards-text.ts';

/** The flags of `countersign restore`. */
export interface RestoreOptions extends DataOptions {
  readonly from: string;
}

/** `countersign restore`: puts a backup into a data folder without a database. */
export async function run(options: RestoreOptions, io: Io): Promise<void> {
  const settings = await dataSettings(options, io);
  const { data } = settings;
  const { manifest, missingKeys } = await restore({ ...settings, from: options.from });
  io.out(`restored into ${data} from the backup of ${manifest.createdAt}:\n${shardsText(manifest.shards)}`);
  for (const path of missingKeys)
    io.out(`the backup has no key: put it at ${path}, mode 0600, before the node is started\n`);
  io.out('the search index is made again at the next start\n');
}
