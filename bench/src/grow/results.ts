import type { GrowRun } from './run.ts';
import type { DataSize } from './tables.ts';

/** What was measured of the log of one size. */
export interface SizeResult {
  /** Entries at the first run. */
  readonly size: number;
  readonly data: DataSize;
  readonly runs: GrowRun[];
  /** Milliseconds until ready, with nothing in memory. */
  readonly coldStarts: number[];
}

/** What upstream's database has of an entry, measured between two sizes. */
export interface UpstreamSize {
  readonly from: number;
  readonly to: number;
  /** By table, as the database counts them. */
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly bytes: number }[];
  /** Bytes of the data folder between the two sizes. */
  readonly folder: number;
}

/** All of a measurement. */
export interface GrowResults {
  readonly date: string;
  /** Processors, memory, and Node's version, in one line. */
  readonly machine: string;
  readonly sizes: readonly SizeResult[];
  upstream?: UpstreamSize;
}

/** The middle one. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = Number.NaN, high = low] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}

/** The lowest, the middle and the highest of what `of` takes from each run. */
export function overRuns({ runs }: SizeResult, of: (run: GrowRun) => number) {
  const values = runs.map(of);
  return { low: Math.min(...values), median: median(values), high: Math.max(...values) };
}
