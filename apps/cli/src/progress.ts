import type { OnProgress } from '@countersign/client';
import type { Io } from './io.ts';

/** What amounts are: bytes, shown as KiB, MiB and GiB, or a word for what is counted. */
export type Unit = 'bytes' | 'entries';

/** Milliseconds before anything is shown: what is done sooner needs no bar. */
const patience = 1000;
/** Milliseconds between two looks at it. */
const interval = 100;
const frames = ['|', '/', '-', '\\'];
const width = 20;

/**
 * Runs `work` and shows on the terminal, once that takes over a second, how far it is. The line is
 * gone when `work` ends, well or badly, so that whatever is printed next finds an empty one.
 * Without a terminal nothing is ever written.
 */
export async function withProgress<T>(
  io: Io,
  label: string,
  unit: Unit,
  work: (report: OnProgress) => Promise<T>,
): Promise<T> {
  if (!io.terminal || io.env.TERM === 'dumb') return work(() => {});
  const start = io.now();
  let amount: { readonly done: number; readonly total: number | undefined } = { done: 0, total: undefined };
  let shown = 0;
  const stop = io.every(interval, () => {
    const elapsed = io.now() - start;
    if (elapsed < patience) return;
    const line = progressLine({ label, unit, ...amount, elapsed, frame: shown++ });
    // A line that wraps could not be taken back.
    io.err(`\r${line.slice(0, Math.max(0, io.columns - 1))}\u001b[K`);
  });
  try {
    return await work((done, total) => {
      amount = { done, total };
    });
  } finally {
    stop();
    if (shown > 0) io.err('\r\u001b[K');
  }
}

/** One state of the bar: `| uploading [#####               ]  25% 1.0 of 4.0 MiB, 512.0 KiB/s`. */
export function progressLine(at: {
  readonly label: string;
  readonly unit: Unit;
  readonly done: number;
  readonly total: number | undefined;
  /** Milliseconds. */
  readonly elapsed: number;
  readonly frame: number;
}): string {
  const { label, unit, done, total, elapsed, frame } = at;
  const spinner = `${frames[frame % frames.length]} ${label}`;
  if (done === 0) return spinner;
  const rate = `${amountText((done * 1000) / elapsed, unit)}/s`;
  if (total === undefined || done > total) return `${spinner} ${amountText(done, unit)}, ${rate}`;
  const part = done / total;
  const bar = '#'.repeat(Math.floor(part * width)).padEnd(width);
  const percent = `${Math.floor(part * 100)}%`.padStart(4);
  return `${spinner} [${bar}] ${percent} ${amountText(done, unit)} of ${amountText(total, unit)}, ${rate}`;
}

function amountText(amount: number, unit: Unit): string {
  if (unit !== 'bytes') return `${Math.round(amount)} ${unit}`;
  const exponent = Math.min(3, Math.max(0, Math.floor(Math.log2(Math.max(1, amount)) / 10)));
  return `${(amount / 1024 ** exponent).toFixed(exponent === 0 ? 0 : 1)} ${['B', 'KiB', 'MiB', 'GiB'][exponent]}`;
}
