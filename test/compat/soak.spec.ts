import { rmSync } from 'node:fs';
import { readEntry, send } from './support/entries.ts';
import { temporaryFolder } from './support/log-under-test.ts';
import { hostileMakers } from './support/makers/hostile.ts';
import { makers } from './support/makers/index.ts';
import { freePort, NodeProcess } from './support/node-process.ts';
import { Promises } from './support/promises.ts';
import { residentMemory } from './support/resident-memory.ts';

const uploads = Number(process.env.SOAK ?? 2000);
const clients = 32;
/** Milliseconds: for a slow machine, which has other things to do. */
const patience = 60_000 + 60 * uploads;
/** Every so many uploads one is hostile. */
const hostileEvery = 10;

const good = Object.entries(makers);
const hostile = Object.entries(hostileMakers);
const data = temporaryFolder();
let node: NodeProcess;
let promises: Promises;
/** How many uploads of each sort had each answer. */
const answers = new Map<string, number>();
const resident: number[] = [];

beforeAll(async () => {
  node = await NodeProcess.start({ data, port: await freePort() });
  promises = await Promises.by(node.url);
});

afterAll(async () => {
  await node.stop();
  rmSync(data, { recursive: true });
});

/** Makes the upload of this number; what it is called, and its text. */
function make(number: number): readonly [sort: string, text: string] {
  const list = number % hostileEvery === 0 ? hostile : good;
  const [sort, maker] = list[Math.floor(number / (list === hostile ? hostileEvery : 1)) % list.length] ?? [
    '',
    () => '',
  ];
  const made = maker();
  return [sort, typeof made === 'string' ? made : JSON.stringify(made)];
}

async function upload(number: number): Promise<void> {
  const [sort, text] = make(number);
  const response = await send(node.url, text);
  const answer = `${sort}: ${response.status}`;
  answers.set(answer, (answers.get(answer) ?? 0) + 1);
  const body = await response.text();
  if (response.status === 201) promises.note(readEntry(JSON.parse(body)));
  else if (sort in makers || response.status < 400 || response.status > 422) throw new Error(`${answer}: ${body}`);
}

/** Uploads these numbers, each by whichever client is free. */
async function run(from: number, to: number): Promise<void> {
  let next = from;
  const client = async () => {
    while (next < to) await upload(next++);
  };
  await Promise.all(Array.from({ length: clients }, client));
  resident.push(residentMemory(node.pid).now);
}

it(
  `answers ${uploads} uploads of every type, a tenth of them hostile, none with a 5xx`,
  async () => {
    await run(0, uploads / 2);
    await run(uploads / 2, uploads);
    const [first = 0, second = 0] = resident;
    const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);
    const counts = [...answers].sort().map(([answer, count]) => `  ${answer} ${count}`);
    process.stderr.write(
      `soak: ${mebibytes(first)} MiB, then ${mebibytes(second)} MiB resident\n${counts.join('\n')}\n`,
    );
    // Before that many the node still warms up.
    if (uploads >= 20_000) expect(second).toBeLessThan(first * 1.1);
  },
  patience,
);

it(
  'can prove every entry that it took, by one checkpoint',
  async () => {
    const good = uploads - Math.ceil(uploads / hostileEvery);
    expect(promises.entries.length).toBeGreaterThanOrEqual(good);
    const head = async () => ((await (await fetch(`${node.url}/api/v1/log`)).json()) as { rootHash: string }).rootHash;
    const root = await head();
    await promises.checkEntries(node.url, promises.entries);
    // No entry came in between: each proof was one to this root.
    expect(await head()).toBe(root);
  },
  patience,
);
