import { loads } from './measure.ts';
import type { Summary } from './summary.ts';

/** What one log reached: a summary for each of the loads, in their order. */
export interface Measured {
  readonly summaries: readonly Summary[];
  readonly residentMebibytes: number;
  /** From the start of the process to its first ready answer, on the data that the loads left. */
  readonly readyMilliseconds?: number;
}

const rate = (value: number): string => value.toFixed(value < 100 ? 1 : 0);
const times = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)}×`;

/** One row a load: rates and latencies side by side, and how many times better ours is. */
function loadRow(index: number, ours: Measured, upstream: Measured | undefined): string[] {
  const { mode, clients } = loads[index] ?? { mode: '', clients: 0 };
  const [mine, theirs] = [ours.summaries[index], upstream?.summaries[index]];
  const cells = (summary: Summary | undefined) =>
    summary === undefined
      ? ['', '', '']
      : [`${rate(summary.perSecond)}/s`, `${summary.p50.toFixed(1)} ms`, `${summary.p99.toFixed(1)} ms`];
  const ratios =
    mine === undefined || theirs === undefined
      ? ['', '']
      : [times(mine.perSecond / theirs.perSecond), times(theirs.p50 / mine.p50)];
  return [`${mode}, ${clients} client${clients === 1 ? '' : 's'}`, ...cells(mine), ...cells(theirs), ...ratios];
}

/** The measurements as a Markdown table, upstream's columns empty where it was not measured. */
export function comparison(ours: Measured, upstream: Measured | undefined): string {
  const rows = [
    ['', 'rate', 'p50', 'p99', 'upstream', 'p50', 'p99', 'rate ratio', 'p50 ratio'],
    ...loads.map((_, index) => loadRow(index, ours, upstream)),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0), 3));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |\n`;
  const [head = [], ...body] = rows;
  const memory = upstream === undefined ? '' : `; upstream ${upstream.residentMebibytes.toFixed(0)} MiB`;
  return [
    line(head),
    line(widths.map((width) => '-'.repeat(width))),
    ...body.map(line),
    `resident after the run: ${ours.residentMebibytes.toFixed(0)} MiB${memory}\n`,
    `ready on existing data: ${ours.readyMilliseconds?.toFixed(0)} ms\n`,
  ].join('');
}
