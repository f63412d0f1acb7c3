import { migrate } from '@countersign/node';
import type { Io } from '../io.ts';
import { withProgress } from '../progress.ts';
import { printable } from '../text/printable.ts';

/** The flags of `countersign migrate`. */
export interface MigrateOptions {
  /** A data folder, or `postgresql://…`. */
  readonly from: string;
  /** The other of the two. */
  readonly to: string;
}

/** `countersign migrate`: copies a log between a data folder's SQLite file and a PostgreSQL database. */
export async function run({ from, to }: MigrateOptions, io: Io): Promise<void> {
  const { data, entries, kept, missingKeys, shards } = await withProgress(io, 'migrating', 'entries', (onProgress) =>
    migrate({ from, to, onProgress }),
  );
  const lines = shards.map(({ origin, size, state }) => `  ${origin}: ${size} entries, ${state}`);
  io.out(printable(`migrated ${entries} entries:\n${lines.join('\n')}\n`));
  for (const path of missingKeys)
    io.out(printable(`the key is not here: put it at ${path}, mode 0600, before the node is started\n`));
  io.out(
    printable(
      kept === undefined
        ? `next: start the node on ${data} without --database. Never start one on the old database again, or the log forks: drop it once there is a backup\n`
        : `next: start the node on ${data} with --database: its keys and anchors stay in use. The old database is kept as ${kept}: remove it once there is a backup of the new one\n`,
    ),
  );
}
