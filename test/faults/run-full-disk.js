// Lets the disk be full from each operation of an append on, and then free again, with one tree all the time.
//   node run-full-disk.js ROOT CONTROL
// Writes JSON: {cases, refused, failures}.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { FaultControl } from './control.js';
import { append, checkTree, openTree, Record } from './tree-under-faults.js';

const [root, control] = process.argv.slice(2);
const faults = new FaultControl(control);
const folder = join(root, 'log');
mkdirSync(folder);
const record = new Record();
const { tree, close } = await openTree(folder);
await append(tree, record, 200);

const failures = [];
let cases = 0;
let refused = 0;
for (let at = 1; ; at += 1) {
  const before = record.acknowledged.size;
  faults.arm(at, 'ENOSPC before', true);
  const refusals = await append(tree, record, 3);
  const { fired } = faults.disarm();
  if (fired === 0) break;
  cases += 1;
  if (record.acknowledged.size === before) refused += 1;
  // A client is told to try again.
  if (refusals.some((code) => code !== 'ERR_STORAGE_UNAVAILABLE'))
    failures.push(`operation ${at}: refused with ${refusals}`);
  const freed = record.acknowledged.size;
  await append(tree, record, 2);
  if (record.acknowledged.size !== freed + 2)
    failures.push(`operation ${at}: it takes nothing when there is space again: ${tree.failure}`);
}
await close();
await checkTree(folder, record).catch((error) => failures.push(`at the end: ${error.stack}`));
faults.close();
process.stdout.write(JSON.stringify({ cases, refused, failures }));
