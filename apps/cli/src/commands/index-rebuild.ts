import { loadConfig, rebuildSearchIndex } from '@countersign/node';
import type { DataOptions } from '../data-settings.ts';
import type { Io } from '../io.ts';
import { withProgress } from '../progress.ts';

/** `countersign index rebuild`: makes a stopped node's search index again from its log. */
export async function run({ data, database, config: file }: DataOptions, io: Io): Promise<void> {
  const { config, warnings } = await loadConfig({
    // It serves nobody, so the address that `up` insists on is not asked for.
    flags: { data, database, dev: false, publicUrl: 'http://localhost' },
    environment: io.env,
    ...(file === undefined ? {} : { file }),
  });
  for (const warning of warnings) io.err(`countersign: warning: ${warning}\n`);
  const { entries, keys } = await withProgress(io, 'indexing', 'entries', (onProgress) =>
    rebuildSearchIndex(config, { onProgress }),
  );
  io.out(`Made the search index of ${config.data} again: entries ${entries}, keys ${keys}.\n`);
}
