/** What a load measured. Times in milliseconds. */
export interface Summary {
  readonly answers: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** Sums up latencies in milliseconds of a load that ran for `elapsed` seconds. */
export function summarize(latencies: readonly number[], elapsed: number): Summary {
  const sorted = [...latencies].sort((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
  return {
    answers: sorted.length,
    perSecond: sorted.length / elapsed,
    p50: quantile(0.5),
    p95: quantile(0.95),
    p99: quantile(0.99),
  };
}
