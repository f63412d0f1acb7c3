import { rmSync } from 'node:fs';
import { makeProposals } from '../../bench/src/proposals.ts';
import { send, upload } from './support/entries.ts';
import { temporaryFolder } from './support/log-under-test.ts';
import { freePort, NodeProcess } from './support/node-process.ts';
import { Promises } from './support/promises.ts';

const ROUNDS = 100;
const CLIENTS = 16;

/**
 * Loads the node from many clients, kills it right after its `count`th acknowledgement, and gives the proposals that
 * were sent and never answered.
 */
async function loadAndKill(node: NodeProcess, promises: Promises, count: number): Promise<string[]> {
  const proposals = makeProposals(count + CLIENTS, 5).values();
  const unanswered: string[] = [];
  let acknowledged = 0;
  let killed: Promise<void> | undefined;
  const whileAlive = async (action: () => Promise<void>) => {
    try {
      await action();
    } catch (error) {
      if (killed === undefined) throw error;
    }
  };
  const uploader = () =>
    whileAlive(async () => {
      for (const proposal of proposals) {
        unanswered.push(proposal);
        promises.note(await upload(node.url, proposal));
        unanswered.splice(unanswered.indexOf(proposal), 1);
        acknowledged += 1;
        if (acknowledged === count) killed = node.kill();
        if (killed !== undefined) return;
      }
    });
  const watcher = () =>
    whileAlive(async () => {
      while (killed === undefined) {
        const { signedTreeHead } = (await (await fetch(`${node.url}/api/v1/log`)).json()) as { signedTreeHead: string };
        promises.noteCheckpoint(signedTreeHead);
      }
    });
  await Promise.all([watcher(), ...Array.from({ length: CLIENTS }, uploader)]);
  await killed;
  return unanswered;
}

it(`keeps what it promised through ${ROUNDS} kills under load`, async () => {
  const data = temporaryFolder();
  const options = { data, port: await freePort() };
  let node = await NodeProcess.start(options);
  const promises = await Promises.by(node.url);
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = promises.entries.length;
      // From the very first acknowledgement to well into a run.
      const unanswered = await loadAndKill(node, promises, 1 + ((round * 37) % 200));
      node = await NodeProcess.start(options);
      await promises.checkEntries(node.url, promises.entries.slice(before));
      await promises.checkNewCheckpoints(node.url);
      for (const proposal of unanswered) expect([201, 409]).toContain((await send(node.url, proposal)).status);
    }
    await promises.checkEntries(node.url, promises.entries);
    await promises.checkCheckpoints(node.url);
    expect(new Set(promises.entries.map(({ logIndex }) => logIndex)).size).toBe(promises.entries.length);
    expect(await node.stop()).toBe(0);
  } finally {
    await node.kill();
    rmSync(data, { recursive: true });
  }
}, 900_000);
