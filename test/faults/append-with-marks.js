// Appends under the shim, and writes a mark between its other operations whenever a leaf was acknowledged.
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { FaultControl } from './control.js';
import { append, openTree, Record } from './tree-under-faults.js';

const [root, control] = process.argv.slice(2);
const faults = new FaultControl(control);
const { tree, close } = await openTree(root);
const marks = openSync(join(root, 'acknowledged'), 'w');

class Marking extends Record {
  acknowledge(data, appended) {
    super.acknowledge(data, appended);
    writeSync(marks, '.');
  }
}

faults.arm();
const record = new Marking();
for (let round = 0; round < 20; round += 1) await append(tree, record, 1 + (round % 3));
faults.disarm();
closeSync(marks);
await close();
process.stdout.write(`${record.acknowledged.size}`);
