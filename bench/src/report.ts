import { type Load, loads } from './measure.ts';
import type { Summary } from './summary.ts';

/** What one log reached: a summary for each of the loads, in their order. */
export interface Measured {
  readonly summaries: readonly Summary[];
  readonly residentMebibytes: number;
}

/** What our node reached. */
export interface OursMeasured extends Measured {
  /** Threads that admit entries. */
  readonly workers: number;
  /** From the start of the process to its first ready answer, on the data that the loads left. */
  readonly readyMilliseconds: number;
}

const rate = (value: number): string => value.toFixed(value < 100 ? 1 : 0);
const times = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)}×`;

/** The cells of one log: rate, median and 99th percentile. */
function summaryCells(summary: Summary | undefined): string[] {
  if (summary === undefined) return ['', '', ''];
  return [`${rate(summary.perSecond)}/s`, `${summary.p50.toFixed(1)} ms`, `${summary.p99.toFixed(1)} ms`];
}

/** How many times better than upstream's ours is, beside the goal. */
function ratioCells(ours: Summary, upstream: Summary | undefined, goal: Load['goal']): string[] {
  if (upstream === undefined) return ['', '', ''];
  const reached = { rate: ours.perSecond / upstream.perSecond, p50: upstream.p50 / ours.p50 };
  const verdict =
    goal === undefined ? '' : `${goal.by} ≥ ${goal.times}×${reached[goal.by] < goal.times ? ': missed' : ''}`;
  return [times(reached.rate), times(reached.p50), verdict];
}

/** One row a load. */
function loadRow({ mode, clients, goal }: Load, ours: Summary | undefined, upstream: Summary | undefined): string[] {
  const name = `${mode}, ${clients} client${clients === 1 ? '' : 's'}`;
  const ratios = ours === undefined ? ['', '', ''] : ratioCells(ours, upstream, goal);
  return [name, ...summaryCells(ours), ...summaryCells(upstream), ...ratios];
}

/** The measurements as a Markdown table, upstream's columns empty where it was not measured. */
export function comparison(ours: OursMeasured, upstream: Measured | undefined): string {
  const rows = [
    ['', 'rate', 'p50', 'p99', 'upstream', 'p50', 'p99', 'rate ratio', 'p50 ratio', 'goal'],
    ...loads.map((load, index) => loadRow(load, ours.summaries[index], upstream?.summaries[index])),
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
    `ready on existing data: ${ours.readyMilliseconds.toFixed(0)} ms; admission workers: ${ours.workers}\n`,
  ].join('');
}
