// Measures a fresh node, and upstream's log beside it where that is installed (scripts/install-clients.mjs --upstream):
//   npm run bench -- [--seconds 8] [--alone]
// or searches in a log of a million index rows:
//   npm run bench -- --search [--seconds 8]
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startCountersign } from './countersign.ts';
import { loads, measure } from './measure.ts';
import { comparison, type Measured } from './report.ts';
import { measureSearch } from './search.ts';
import type { Target } from './target.ts';
import { missingForUpstream, startUpstream } from './upstream.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '8' },
    alone: { type: 'boolean', default: false },
    search: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);

async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-bench-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measureAll(target: Target): Promise<Measured> {
  try {
    // What just-in-time compilers and caches need is paid before anything is measured.
    await measure(target, { mode: 'append', clients: 16, requests: 5_000 }, 3);
    const summaries = [];
    for (const load of loads) {
      process.stderr.write(`${target.name}: ${load.mode} at ${load.clients}\n`);
      summaries.push(await measure(target, load, seconds));
    }
    return { summaries, residentMebibytes: target.residentMebibytes() };
  } finally {
    await target.stop();
  }
}

async function compare(): Promise<string> {
  const ours = await inFolder(async (folder) => {
    const first = await startCountersign(folder);
    const measured = await measureAll(first);
    const again = await startCountersign(folder);
    await again.stop();
    return { ...measured, workers: first.workers(), readyMilliseconds: again.readyMilliseconds };
  });

  const missing = values.alone ? [] : missingForUpstream();
  if (missing.length > 0) process.stderr.write(`upstream is left out, not installed: ${missing.join(', ')}\n`);
  const withUpstream = !values.alone && missing.length === 0;
  const upstream = withUpstream ? await inFolder(async (folder) => measureAll(await startUpstream(folder))) : undefined;
  return comparison(ours, upstream);
}

const report = values.search ? await inFolder((folder) => measureSearch(folder, seconds)) : await compare();
process.stdout.write(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${seconds} s a load\n`);
process.stdout.write(report);
