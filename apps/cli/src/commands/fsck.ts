import { CountersignError } from '@countersign/errors';
import { cures, examineData, findingText } from '@countersign/node';
import { type DataOptions, dataSettings } from '../data-settings.ts';
import type { Io } from '../io.ts';
import { withProgress } from '../progress.ts';
import { printable } from '../text/printable.ts';

/** The flags of `countersign fsck`. */
export interface FsckOptions extends DataOptions {
  readonly format: 'default' | 'json';
}

/**
 * `countersign fsck`: examines a data folder whole, beside a running node or not. Each finding is one line. The first
 * SIGTERM or SIGINT stops it after noting where it was; the next run goes on from there.
 */
export async function run(options: FsckOptions, io: Io): Promise<void> {
  const settings = await dataSettings(options, io);
  const stop = new AbortController();
  let stoppedBy = '';
  const end = io.onStop((signal) => {
    stoppedBy = signal;
    stop.abort();
  });
  const json = options.format === 'json';
  const notes: string[] = [];
  try {
    const examination = await withProgress(
      json ? { ...io, terminal: false } : io,
      'examining',
      'entries',
      (onProgress) =>
        examineData(settings, {
          onProgress,
          onFinding: (finding) => {
            if (!json) io.out(printable(`${findingText(finding)}\n`));
          },
          onNote: (note) => (json ? notes.push(note) : io.err(printable(`${note}\n`))),
          signal: stop.signal,
        }),
    );
    const { complete, count, entries, findings } = examination;
    if (json) io.out(`${JSON.stringify({ sound: complete && count === 0, ...examination, notes })}\n`);
    if (!complete) {
      io.err(
        `${stoppedBy}: stopped after ${entries} entries and ${count} findings; run it again to go on from there\n`,
      );
      io.abort(stoppedBy === 'SIGINT' ? 130 : 143);
      return;
    }
    if (count > 0) {
      const what = [...new Set(findings.map(({ cure }) => cures[cure]))].join('\n');
      throw new CountersignError(
        'ERR_STORAGE',
        `${count} ${count === 1 ? 'finding' : 'findings'} in ${entries} entries of ${settings.data}.\n${what}\n`,
      );
    }
    if (!json) io.out(`sound: ${entries} entries in ${settings.data}\n`);
  } finally {
    end();
  }
}
