import type { FoundPage } from '@countersign/client';
import { CountersignError } from '@countersign/errors';
import type { Io } from '../io.ts';
import type { LogOptions, SearchOptions } from '../options.ts';
import { checkSearchOptions, indexQuery, isPaged, pageQuery } from '../search-query.ts';
import { LogSession } from '../session.ts';
import { pageText } from '../text/page-text.ts';
import { printResult } from '../text/print-result.ts';

/**
 * `countersign search`: finds entries through the log's index. What an index finds, or does not find, is
 * the log's word: `get` and `verify` prove that an entry is there, nothing proves that none is.
 */
export async function run(options: LogOptions & SearchOptions, io: Io): Promise<void> {
  checkSearchOptions(options);
  await LogSession.with(options, io, (log) =>
    isPaged(options) ? showPage(options, io, log) : showUuids(options, io, log),
  );
}

async function showUuids(options: LogOptions & SearchOptions, io: Io, log: LogSession): Promise<void> {
  const uuids = await log.client.findUuids(await indexQuery(options, log));
  if (uuids.length === 0) throw nothing('no matching entries found');
  if (options.format === 'default') log.note('Found matching entries (listed by UUID):');
  printResult(io, options.format, { text: `${uuids.join('\n')}\n`, json: { UUIDs: uuids } });
}

async function showPage(options: LogOptions & SearchOptions, io: Io, log: LogSession): Promise<void> {
  const page = await log.client.search(await pageQuery(options, log));
  const { entries, next } = page;
  if (entries.length > 0 || next !== null) {
    if (options.format === 'default')
      log.note(`Found ${count(entries.length)}, newest first (index, time, UUID, what the log shows of it):`);
    printResult(io, options.format, { text: pageText(entries), json: page });
  }
  if (next !== null) log.note(`Next page: the same with --before ${next}`);
  // Last, where it is read.
  warnIfBehind(page, log);
  if (entries.length === 0 && next === null) {
    const below = options.before === undefined ? '' : ` below index ${options.before}`;
    throw nothing(`no matching entries found${below}`);
  }
}

function warnIfBehind({ indexedTo, treeSize }: FoundPage, log: LogSession): void {
  if (indexedTo === treeSize) return;
  log.note(
    `!!! INCOMPLETE !!! The log's search index is behind: it has ${count(indexedTo)} of ${treeSize}. ` +
      `Entries from index ${indexedTo} on may be missing here. Search again later.`,
  );
}

const count = (entries: number): string => `${entries} ${entries === 1 ? 'entry' : 'entries'}`;

function nothing(message: string): CountersignError {
  return new CountersignError('ERR_ENTRY_NOT_FOUND', message);
}
