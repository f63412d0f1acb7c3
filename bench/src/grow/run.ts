import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask, type Question } from '../ask.ts';
import { runCommand } from '../child.ts';
import { startCountersign } from '../countersign.ts';
import { measure } from '../measure.ts';
import type { Summary } from '../summary.ts';
import type { EngineRun } from './engine.ts';
import { keysOf, uuidOf } from './entry.ts';
import { copyFolder } from './folders.ts';
import { spread } from './spread.ts';

/** What one run on a log reached. Times in milliseconds. */
export interface GrowRun {
  /** Which verifier checked the signatures of the appends over HTTP. */
  readonly verifier: string;
  /** From the start of the process to its first ready answer. */
  readonly ready: number;
  /** By 128 clients, over HTTP. */
  readonly append: Summary;
  /** Processor time of the node for each of these appends, in microseconds: it depends little on what else runs. */
  readonly appendCpu: number;
  /** One after the other, over HTTP. */
  readonly reads: Readonly<Record<Read, Summary>>;
  /** Of the node, after all that. */
  readonly residentMebibytes: number;
  /** The tree alone, by 128 at once. */
  readonly engine: EngineRun;
}

/** What is read, each with the path for entry `n` and a text that the answer must have. */
const reads = {
  'by index': (n: number) => [`/api/v1/log/entries?logIndex=${n}`, uuidOf(n)],
  'by UUID': (n: number) => [`/api/v1/log/entries/${uuidOf(n)}`, `"logIndex":${n},`],
  'search by key': (n: number) => [`/api/v1/index/search?key=${keysOf(n).key}`, '"uuid"'],
  'search by digest': (n: number) => [`/api/v1/index/search?key=${keysOf(n).digest}`, uuidOf(n)],
} as const satisfies Record<string, (n: number) => readonly [path: string, expected: string]>;

/** A sort of read. */
export type Read = keyof typeof reads;

const warmUp = { mode: 'append', clients: 16, requests: 3_000 } as const;
const load = { mode: 'append', clients: 128, requests: 10_000 } as const;
const readsOfASort = 2_000;

/** Logs up to this size are copied for each run; a larger one grows by little with a run, and is used as it is. */
const copied = 100_000;

const engineProgram = fileURLToPath(new URL('engine.js', import.meta.url));

/**
 * One run on the log of `size` entries in `folder`: start, appends, reads, and the tree without the node around it. No
 * load takes longer than `seconds`.
 */
export async function run(folder: string, size: number, seconds: number): Promise<GrowRun> {
  if (size > copied) return runOn(folder, size, seconds);
  const copy = join(folder, '..', 'run');
  await rm(copy, { recursive: true, force: true });
  try {
    await copyFolder(folder, copy);
    return await runOn(copy, size, seconds);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function runOn(folder: string, size: number, seconds: number): Promise<GrowRun> {
  // What was copied or written before is not to be written while something is measured.
  await runCommand('sync', []);
  const target = await startCountersign(folder);
  try {
    await measure(target, warmUp, seconds);
    const before = target.cpuMilliseconds();
    const append = await measure(target, load, seconds);
    const appendCpu = ((target.cpuMilliseconds() - before) / append.answers) * 1000;
    const summaries = {} as Record<Read, Summary>;
    for (const [name, of] of Object.entries(reads)) {
      summaries[name as Read] = await ask(target, spread(size, readsOfASort).map(of).map(questionOf), seconds);
    }
    const residentMebibytes = target.residentMebibytes();
    await target.stop();
    const args = [engineProgram, '--data', join(folder, 'data'), '--size', `${size}`];
    const { stdout } = await runCommand(process.execPath, args);
    const { readyMilliseconds: ready } = target;
    const verifier = target.verifier() ?? 'unknown';
    return { verifier, ready, append, appendCpu, reads: summaries, residentMebibytes, engine: JSON.parse(stdout) };
  } finally {
    await target.stop();
  }
}

function questionOf([path, expected]: readonly [path: string, expected: string]): Question {
  const onBody = (body: string): void => {
    if (!body.includes(expected)) throw new Error(`${path} answers ${body.slice(0, 200)}`);
  };
  return { path, onBody };
}

/** Milliseconds until a node is ready on a log of which nothing is in the operating system's memory. */
export async function coldStart(folder: string): Promise<number> {
  for (const name of ['log.sqlite', 'search.sqlite']) {
    await runCommand('dd', [`if=${join(folder, 'data', name)}`, 'iflag=nocache', 'count=0', 'status=none']);
  }
  const target = await startCountersign(folder);
  await target.stop();
  return target.readyMilliseconds;
}

/** Reads a log's files once, so that the first run finds as much of them in memory as the last. */
export async function warm(folder: string): Promise<void> {
  for (const name of ['log.sqlite', 'search.sqlite']) {
    await runCommand('dd', [`if=${join(folder, 'data', name)}`, 'of=/dev/null', 'bs=1M', 'status=none']);
  }
}
