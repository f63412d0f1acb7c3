import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { verifyConsistency, verifyInclusion } from '@countersign/merkle';
import { openTreeIn, readCheckpoint, tempFolder } from '../test/fixture.ts';
import { lockDataFolder } from './data-lock.ts';

interface Acknowledged {
  readonly data: string;
  readonly index: number;
  readonly integratedTime: number;
  readonly checkpoint: string;
}

const script = fileURLToPath(new URL('../test/append-until-killed.js', import.meta.url));

/** Runs a process that appends, kills it after `lines` acknowledgements, and returns all that it gave. */
async function appendAndKill(folder: string, run: number, lines: number): Promise<Acknowledged[]> {
  const child = spawn(process.execPath, [script, folder, `${run}`], { stdio: ['ignore', 'pipe', 'inherit'] });
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

describe('a process that is killed while it appends', () => {
  it('loses nothing it acknowledged and contradicts no checkpoint', async () => {
    const folder = tempFolder();
    const made = await openTreeIn(folder);
    await made.close();
    const acknowledged: Acknowledged[] = [];
    for (let run = 0; run < 5; run += 1) {
      acknowledged.push(...(await appendAndKill(folder, run, 50 + 97 * run)));
      const lock = lockDataFolder(folder);
      const { tree, warnings, close } = await openTreeIn(folder);
      const { size, root } = tree.snapshot;
      for (const { data, index, integratedTime, checkpoint } of acknowledged) {
        const leaf = await tree.entry(index);
        if (leaf === undefined) throw new Error(`entry ${index} is lost`);
        expect([new TextDecoder().decode(leaf.data), leaf.integratedTime]).toEqual([data, integratedTime]);
        expect(await tree.find(leaf.hash)).toBe(index);
        const hashes = await tree.inclusionProof(index, tree.snapshot);
        verifyInclusion({ leafHash: leaf.hash, index, size, hashes, root });
        const seen = readCheckpoint(checkpoint);
        const proof = await tree.consistencyProof(seen.size, size);
        verifyConsistency({ first: seen.size, second: size, firstRoot: seen.root, secondRoot: root, hashes: proof });
      }
      expect(warnings).toEqual([]);
      await close();
      lock.release();
    }
    expect(new Set(acknowledged.map(({ index }) => index)).size).toBe(acknowledged.length);
  });
});
