import type { FoundEntry } from '@countersign/client';

/** Entries found, one a line: index, time and UUID in columns. */
export function pageText(entries: readonly FoundEntry[]): string {
  const width = Math.max(...entries.map(({ logIndex }) => `${logIndex}`.length));
  const lines = entries.map(({ logIndex, integratedTime, uuid }) => {
    const time = new Date(integratedTime * 1000).toISOString().replace('.000Z', 'Z');
    return `${`${logIndex}`.padStart(width)}  ${time}  ${uuid}\n`;
  });
  return lines.join('');
}
