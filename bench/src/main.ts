// Measures a fresh node, and upstream's log beside it where that is installed (scripts/install-clients.mjs --upstream):
//   npm run bench -- [--seconds 8] [--alone] [--database postgresql://…]     (an empty database; else the log is in SQLite)
// or searches in a log of a million index rows:
//   npm run bench -- --search [--seconds 8]
// or what the policies cost that a log has by default, in pairs of loads with and without:
//   npm run bench -- --policies [--runs 10] [--seconds 8]
// or logs of ten thousand to ten million entries, in turns; without a step both are done, the filling first:
//   npm run bench -- grow [--fill] [--upstream] [--measure] [--folder DIR] [--sizes 10000,…] [--runs 5] [--seconds 8]
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startCountersign } from './countersign.ts';
import { grow } from './grow/grow.ts';
import { loads, measure } from './measure.ts';
import { measurePolicies } from './policies.ts';
import { comparison, type Measured } from './report.ts';
import { measureSearch } from './search.ts';
import type { Target } from './target.ts';
import { missingForUpstream, startUpstream } from './upstream.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '8' },
    alone: { type: 'boolean', default: false },
    search: { type: 'boolean', default: false },
    policies: { type: 'boolean', default: false },
    database: { type: 'string' },
    fill: { type: 'boolean', default: false },
    upstream: { type: 'boolean', default: false },
    measure: { type: 'boolean', default: false },
    folder: { type: 'string', default: join(tmpdir(), 'countersign-grow') },
    sizes: { type: 'string', default: '10000,100000,1000000,10000000' },
    runs: { type: 'string' },
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
    const first = await startCountersign(folder, values.database);
    const measured = await measureAll(first);
    const again = await startCountersign(folder, values.database);
    await again.stop();
    return { ...measured, workers: first.workers(), readyMilliseconds: again.readyMilliseconds };
  });

  const missing = values.alone ? [] : missingForUpstream();
  if (missing.length > 0) process.stderr.write(`upstream is left out, not installed: ${missing.join(', ')}\n`);
  const withUpstream = !values.alone && missing.length === 0;
  const upstream = withUpstream ? await inFolder(async (folder) => measureAll(await startUpstream(folder))) : undefined;
  return comparison(ours, upstream);
}

function growLogs(): Promise<string> {
  const { folder, fill, upstream, measure: measureThem } = values;
  const all = !fill && !upstream && !measureThem;
  const steps = [fill || all ? 'fill' : [], upstream ? 'upstream' : [], measureThem || all ? 'measure' : []] as const;
  const sizes = values.sizes.split(',').map(Number);
  return grow({ folder, sizes, runs: Number(values.runs ?? 5), seconds, steps: steps.flat() });
}

if (positionals[0] === 'grow') {
  process.stdout.write(await growLogs());
} else {
  const report = values.search
    ? await inFolder((folder) => measureSearch(folder, seconds))
    : values.policies
      ? await inFolder((folder) => measurePolicies(folder, seconds, Number(values.runs ?? 10)))
      : await compare();
  process.stdout.write(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${seconds} s a load\n`);
  process.stdout.write(report);
}
