// Runs a scenario again and again under the shim, each time with another operation that fails in another way.
//   node run-matrix.js ROOT CONTROL SCENARIO all|sample PART PARTS
// `all` tries every operation in every way, `sample` every operation in one way. PARTS processes share the work.
// Before, it runs once with nothing failing, and once on a disk that is slow. Writes JSON: {operations, cases, fired, failures}.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FaultControl, modes } from './control.js';
import { add, checkLog, LogRecord, openLogIn, roll } from './log-under-faults.js';
import { append, checkTree, openTree, Record } from './tree-under-faults.js';

const [root, control, scenarioName, extent, part, parts] = process.argv.slice(2);
const faults = new FaultControl(control);

const ofTree = { makeRecord: () => new Record(), check: checkTree };
const ofLog = {
  makeRecord: () => new LogRecord(),
  check: checkLog,
  async prepare(folder, record) {
    const log = await openLogIn(folder);
    await add(log, record, 5);
    record.see(log);
    await log.close();
  },
};

const scenarios = {
  'a log that goes on': {
    ...ofTree,
    // A tile becomes full on the way.
    async prepare(folder, record) {
      const { tree, close } = await openTree(folder);
      await append(tree, record, 250);
      await close();
    },
    run: appendSome,
  },
  'a first start': { ...ofTree, async prepare() {}, run: appendSome },
  'a roll': { ...ofLog, run: (folder, record) => roll(folder, record, false) },
  'a roll with a new key': { ...ofLog, run: (folder, record) => roll(folder, record, true) },
};

async function appendSome(folder, record) {
  const { tree, close } = await openTree(folder);
  try {
    record.checkpoints.add(tree.snapshot.checkpoint);
    for (let round = 0; round < 4; round += 1) await append(tree, record, 4);
  } finally {
    await close();
  }
}

const { makeRecord, prepare, run, check } = scenarios[scenarioName];
const template = join(root, `template-${part}`);
mkdirSync(template);
const prepared = makeRecord();
await prepare(template, prepared);

let attempts = 0;

/** One run and what it left. A start or an end that fails must say so with a code, ours or the system's. */
async function attempt(at, mode, sticky) {
  attempts += 1;
  // Another one each time: what a failed case left running writes nowhere else.
  const folder = join(root, `case-${part}-${attempts}`);
  cpSync(template, folder, { recursive: true });
  const record = prepared.copy();
  let failure;
  faults.arm(at, mode, sticky);
  try {
    await run(folder, record);
  } catch (error) {
    if (typeof error.code !== 'string') failure = error;
  }
  const counted = faults.disarm();
  try {
    // Twice: what the first did to the tree must hold, too.
    await check(folder, record);
    await check(folder, record);
  } catch (error) {
    failure ??= error;
  }
  rmSync(folder, { recursive: true });
  return { ...counted, failure };
}

const ways = Object.keys(modes)
  .filter((mode) => mode !== 'slow')
  .flatMap((mode) => [false, true].map((sticky) => ({ mode, sticky })));
const untouched = await attempt(0, 'EIO before', false);
const failures = untouched.failure === undefined ? [] : [`without any fault: ${untouched.failure.stack}`];
const slow = await attempt(1, 'slow', true);
if (slow.failure !== undefined) failures.push(`on a slow disk: ${slow.failure.stack}`);
let operations = 0;
let cases = 0;
let fired = 0;
for (let at = 1; at <= untouched.count; at += 1) {
  if (at % Number(parts) !== Number(part)) continue;
  operations += 1;
  const tried = extent === 'all' ? ways : [ways[Math.floor(at / Number(parts)) % ways.length]];
  for (const { mode, sticky } of tried) {
    const result = await attempt(at, mode, sticky);
    cases += 1;
    if (result.fired > 0) fired += 1;
    if (result.failure === undefined) continue;
    failures.push(`operation ${at}, ${mode}${sticky ? ', and all after it' : ''}: ${result.failure.stack}`);
  }
}
faults.close();
process.stdout.write(JSON.stringify({ operations, cases, fired, failures }));
