import type { FoundDisplay, FoundEntry } from '@countersign/client';
import { printable } from './printable.ts';

/** Entries found, one a line: index, time and UUID in columns, and behind them what the log says of it. */
export function pageText(entries: readonly FoundEntry[]): string {
  const width = Math.max(...entries.map(({ logIndex }) => `${logIndex}`.length));
  const lines = entries.map(({ logIndex, integratedTime, uuid, display }) => {
    const time = new Date(integratedTime * 1000).toISOString().replace('.000Z', 'Z');
    return `${`${logIndex}`.padStart(width)}  ${time}  ${uuid}${display === null ? '' : `  ${displayText(display)}`}\n`;
  });
  return lines.join('');
}

/** `rpm: hello 1.2-3.noarch, by packager@example.com`, in one line whatever the log says. */
function displayText({ kind, title, subject }: FoundDisplay): string {
  const what = title === kind ? kind : `${kind}: ${title}`;
  return printable(subject === undefined ? what : `${what}, by ${subject}`).replace(/[\n\t]/g, ' ');
}
