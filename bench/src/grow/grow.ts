import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { fillAll, folderOf } from './folders.ts';
import { growPlot } from './plot.ts';
import { growReport } from './report.ts';
import type { GrowResults, SizeResult } from './results.ts';
import { coldStart, run, warm } from './run.ts';
import { dataSize } from './tables.ts';
import { measureUpstreamSize } from './upstream-size.ts';

/** What a `grow` bench does. */
export interface GrowOptions {
  /** Where the logs are kept, and what was measured: `results.json`, `grow.md`, `grow.svg`. */
  readonly folder: string;
  /** Entries, ascending. */
  readonly sizes: readonly number[];
  readonly runs: number;
  /** Of one load at most. */
  readonly seconds: number;
  /** What is to be done. */
  readonly steps: readonly ('fill' | 'upstream' | 'measure')[];
}

const coldStarts = 3;

const tell = (message: string): void => void process.stderr.write(`${new Date().toISOString()} ${message}\n`);

/** Fills logs of several sizes, and measures them in turns. Returns the report, in Markdown. */
export async function grow(options: GrowOptions): Promise<string> {
  const { folder, sizes, steps } = options;
  await mkdir(folder, { recursive: true });
  const upstream = join(folder, 'upstream.json');
  if (steps.includes('fill')) await fillAll(folder, sizes, tell);
  if (steps.includes('upstream')) writeFileSync(upstream, JSON.stringify(await measureUpstreamSize(tell), null, 2));
  if (!steps.includes('measure')) return '';
  const results: GrowResults = {
    date: new Date().toISOString().slice(0, 10),
    machine: `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    sizes: await measureSizes(options),
    ...(existsSync(upstream) && { upstream: JSON.parse(readFileSync(upstream, 'utf8')) }),
  };
  const report = growReport(results);
  writeFileSync(join(folder, 'results.json'), JSON.stringify(results, null, 2));
  writeFileSync(join(folder, 'grow.md'), report);
  writeFileSync(join(folder, 'grow.svg'), growPlot(results));
  return report;
}

async function measureSizes({ folder: work, sizes, runs, seconds }: GrowOptions): Promise<SizeResult[]> {
  const results: SizeResult[] = [];
  for (const size of sizes) {
    const folder = folderOf(work, size);
    if (!existsSync(folder)) throw new Error(`there is no log of ${size} entries in ${work}: fill it first`);
    tell(`${size} entries: pages`);
    results.push({ size, data: dataSize(join(folder, 'data')), runs: [], coldStarts: [] });
    await warm(folder);
  }
  // In turns, so that what the machine does meanwhile falls on all sizes.
  for (let turn = 1; turn <= runs; turn += 1) {
    for (const { size, runs: done } of results) {
      const measured = await run(folderOf(work, size), size, seconds);
      done.push(measured);
      const { append, engine, ready } = measured;
      tell(
        `run ${turn}, ${size} entries: ${append.perSecond.toFixed(0)}/s, the tree alone ` +
          `${engine.append.perSecond.toFixed(0)}/s, ready in ${ready.toFixed(0)} ms`,
      );
      writeFileSync(join(work, 'results.part.json'), JSON.stringify(results));
    }
  }
  for (let turn = 0; turn < coldStarts; turn += 1) {
    for (const { size, coldStarts: done } of results) done.push(await coldStart(folderOf(work, size)));
  }
  return results;
}
