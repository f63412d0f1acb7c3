import { readFile } from 'node:fs/promises';
import { createDispatcher, RekorClient } from '@countersign/client';
import { hasCode } from '@countersign/errors';
import { importRekor } from '@countersign/node';
import type { PluginHost } from '@countersign/plugin-host';
import { type DataOptions, dataSettings } from '../../data-settings.ts';
import type { Io } from '../../io.ts';
import { cliLimits } from '../../limits.ts';
import { loadPlugins } from '../../plugins.ts';
import { withProgress } from '../../progress.ts';
import { shardsText } from '../../text/shards-text.ts';
import { usage } from '../../usage.ts';
import { userAgent } from '../../version.ts';

/** The flags of `countersign import rekor`. */
export interface ImportOptions extends DataOptions {
  readonly from: string;
  /** `FILE`, or `TREEID=FILE`. */
  readonly key: readonly string[];
  readonly caFile?: string;
  readonly pluginFolder?: readonly string[];
}

/** `countersign import rekor`: adopts a log with Rekor's API v1, under its own name, keys and indexes. */
export async function run(options: ImportOptions, io: Io): Promise<void> {
  const { from, caFile, pluginFolder } = options;
  const settings = await dataSettings(options, io);
  const keyOf = readKeys(options.key);
  const plugins = await loadPlugins(pluginFolder);
  const dispatcher = createDispatcher({
    ...(caFile === undefined ? {} : { ca: await readFile(caFile, 'utf8').catch(() => unreadable(caFile)) }),
    env: io.env,
  });
  io.err(`The log at ${from} must take no more entries: what it takes after this is in no tree but its own.\n`);
  try {
    const { importTimeout: timeout, importRetries: retries } = cliLimits;
    const api = new RekorClient({ baseUrl: from, dispatcher, userAgent: userAgent(), timeout, retries });
    const { shards, entries, notes } = await withProgress(io, 'importing', 'entries', (onProgress) =>
      importRekor({ ...settings, api, keyOf, indexKeys: (body) => indexKeys(plugins, body), onProgress }),
    );
    io.out(`imported into ${settings.data}: ${entries} entries\n${shardsText(shards)}`);
    const told: readonly (readonly [number, string])[] = [
      [notes.attestations, 'had an attestation beside them that is not taken over: see log.attestations'],
      [notes.notIndexed, 'are of a kind that no plugin here reads: search does not find them'],
      [
        notes.outOfOrder,
        'have an earlier time than the one before, as in the log they are from: fsck will tell of them',
      ],
    ];
    for (const [count, what] of told) if (count > 0) io.out(`${count} entries ${what}\n`);
    io.out(
      'search does not find dsse, intoto and cose entries by the subjects of their statements: these are not in the log\n' +
        'the search index is made at the next start\n' +
        `next: countersign fsck --data ${settings.data}, then start a node on it, and move the address; never start the old log again\n`,
    );
  } finally {
    await dispatcher.destroy();
  }
}

/** What search finds a body by; undefined for what no plugin here can read. */
async function indexKeys(plugins: PluginHost, body: Uint8Array): Promise<readonly string[] | undefined> {
  try {
    return await plugins.indexKeys(body);
  } catch (error) {
    if (hasCode(error)) return undefined;
    throw error;
  }
}

/** The key file of a tree: the one named for it, else the one named for all. */
function readKeys(keys: readonly string[]): (treeId: string) => string | undefined {
  const files = new Map<string, string>();
  for (const key of keys) {
    const [, treeId = '', file = ''] = /^(?:(\d+)=)?(.+)$/s.exec(key) ?? [];
    if (files.has(treeId)) throw usage(`--key: two files for ${treeId === '' ? 'all trees' : `tree ${treeId}`}`);
    files.set(treeId, file);
  }
  return (treeId) => files.get(treeId) ?? files.get('');
}

function unreadable(path: string): never {
  throw usage(`--ca-file: cannot read ${path}`);
}
