import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { verifyConsistency, verifyInclusion } from '@countersign/merkle';
import { lockDataFolder } from '../src/data-lock.ts';
import { type Opened, openTreeIn, readCheckpoint, tempFolder } from './fixture.ts';

interface Acknowledged {
  readonly data: string;
  readonly index: number;
  readonly integratedTime: number;
  readonly checkpoint: string;
}

const script = fileURLToPath(new URL('./append-until-killed.js', import.meta.url));

/** Runs a process that appends, kills it after `lines` acknowledgements, and returns all that it gave. */
async function appendAndKill(args: readonly string[], lines: number): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  const acknowledged: Acknowledged[] = [];
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      acknowledged.push(JSON.parse(line));
      if (acknowledged.length === lines) child.kill('SIGKILL');
    }
  } finally {
    child.kill('SIGKILL');
  }
  expect(await exited).toEqual([null, 'SIGKILL']);
  return acknowledged;
}

/** How many entries are checked at once. */
const checkedAtOnce = 64;

/** Throws unless the tree holds what was acknowledged and extends the checkpoints that came with it. */
async function check({ tree }: Opened, acknowledged: readonly Acknowledged[]): Promise<void> {
  const { size, root } = tree.snapshot;
  const checkOne = async ({ data, index, integratedTime, checkpoint }: Acknowledged): Promise<void> => {
    const leaf = await tree.entry(index);
    if (leaf === undefined) throw new Error(`entry ${index} is lost`);
    expect([new TextDecoder().decode(leaf.data), leaf.integratedTime]).toEqual([data, integratedTime]);
    expect(await tree.attachment(index)).toEqual(leaf.data);
    expect(await tree.find(leaf.hash)).toBe(index);
    const hashes = await tree.inclusionProof(index, tree.snapshot);
    verifyInclusion({ leafHash: leaf.hash, index, size, hashes, root });
    const seen = readCheckpoint(checkpoint);
    const proof = await tree.consistencyProof(seen.size, size);
    verifyConsistency({ first: seen.size, second: size, firstRoot: seen.root, secondRoot: root, hashes: proof });
  };
  for (let from = 0; from < acknowledged.length; from += checkedAtOnce) {
    await Promise.all(acknowledged.slice(from, from + checkedAtOnce).map(checkOne));
  }
}

/**
 * Kills a process that appends with sixteen writers again and again, from its first acknowledgements on or well into its
 * run, and checks after each that everything it acknowledged is there; at the end, that everything ever acknowledged is.
 * On SQLite, or on the PostgreSQL database at `url`.
 */
export async function killWhileAppending(kills: number, url?: string): Promise<void> {
  const folder = tempFolder();
  const open = () => openTreeIn(folder, url === undefined ? {} : { url });
  await (await open()).close();
  const all: Acknowledged[] = [];
  for (let run = 0; run < kills; run += 1) {
    const args = [folder, `${run}`, ...(url === undefined ? [] : [url])];
    const acknowledged = await appendAndKill(args, 1 + ((50 + 97 * run) % 250));
    all.push(...acknowledged);
    const lock = lockDataFolder(folder);
    const opened = await open();
    await check(opened, run === kills - 1 ? all : acknowledged);
    expect(opened.warnings).toEqual([]);
    await opened.close();
    lock.release();
  }
  expect(new Set(all.map(({ index }) => index)).size).toBe(all.length);
}
