import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { rebuildSearchIndex } from '@countersign/node';
import { ask } from './ask.ts';
import { startCountersign } from './countersign.ts';
import { measure } from './measure.ts';
import { fillLog, keysOf, searchEntries } from './search-data.ts';
import type { Target } from './target.ts';

/** Queries of each sort, over the whole log by a stride that is prime to its size. */
const queries = 2_000;
const stride = 7919;

/** What is asked, by the number of an entry. */
const sorts: Readonly<Record<string, (n: number) => string>> = {
  'by key': (n) => `key=${keysOf(n)[0]}`,
  'by e-mail prefix': (n) => `prefix=${keysOf(n)[1].slice(0, 10)}`,
  'by e-mail': (n) => `key=${keysOf(n)[1]}`,
  'by digest': (n) => `key=${keysOf(n)[2]}`,
  'by key and e-mail': (n) => `key=${keysOf(n)[0]}&key=${keysOf(n)[1]}&operator=and`,
  'by key and digest': (n) => `key=${keysOf(n)[0]}&key=${keysOf(n)[2]}&operator=and`,
};

/** Milliseconds that the median of every sort of query must be under. */
const goal = 20;

async function askAll(target: Target, query: (n: number) => string, seconds: number) {
  let found = 0;
  const onBody = (body: string): void => {
    found += body.split('"uuid"').length - 1;
  };
  const questions = Array.from({ length: queries }, (_, count) => ({
    path: `/api/v1/index/search?${query((count * stride) % searchEntries)}`,
    onBody,
  }));
  const summary = await ask(target, questions, seconds);
  return { ...summary, found: found / summary.answers };
}

/** The rate of appends by 16 clients, with the index behind them or with its place taken, so that it cannot be written. */
async function appendRate(folder: string, withIndex: boolean, seconds: number): Promise<number> {
  const index = join(folder, 'data', 'search.sqlite');
  if (!withIndex) {
    await rename(index, `${index}.aside`);
    await mkdir(index);
  }
  const target = await startCountersign(folder);
  try {
    const { perSecond } = await measure(target, { mode: 'append', clients: 16, requests: 60_000 }, seconds);
    return perSecond;
  } finally {
    await target.stop();
    if (!withIndex) {
      await rm(index, { recursive: true });
      await rename(`${index}.aside`, index);
    }
  }
}

/** Measures searches in a log of a million index rows, and what the index costs appends. Returns a report in Markdown. */
export async function measureSearch(folder: string, seconds: number): Promise<string> {
  const data = join(folder, 'data');
  // The first start makes the log.
  await (await startCountersign(folder)).stop();
  process.stderr.write(`appending ${searchEntries} entries\n`);
  const filling = performance.now();
  await fillLog(data);
  process.stderr.write(`filled in ${((performance.now() - filling) / 1000).toFixed(0)} s; indexing\n`);
  const started = performance.now();
  const { entries, keys } = await rebuildSearchIndex({ data });
  const rebuild = (performance.now() - started) / 1000;

  const lines = [`${keys} index rows of ${entries} entries, made in ${rebuild.toFixed(1)} s`, ''];
  lines.push('| search | found | p50 | p95 | p99 | |', '|---|---|---|---|---|---|');
  const target = await startCountersign(folder);
  try {
    for (const [name, query] of Object.entries(sorts)) {
      const { found, p50, p95, p99 } = await askAll(target, query, seconds);
      const times = [p50, p95, p99].map((time) => `${time.toFixed(2)} ms`);
      lines.push(`| ${[name, found.toFixed(1), ...times, p50 < goal ? '' : 'missed'].join(' | ')} |`);
    }
  } finally {
    await target.stop();
  }

  // In turns, so that what the machine does meanwhile falls on both.
  for (const withIndex of [true, false, false, true]) {
    const rate = await appendRate(folder, withIndex, seconds);
    lines.push(`append, 16 clients, ${withIndex ? 'with' : 'without'} the index: ${rate.toFixed(0)}/s`);
  }
  return `${lines.join('\n')}\n`;
}
