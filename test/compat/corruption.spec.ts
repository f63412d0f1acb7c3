import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { type Entry, uploadMany } from './support/entries.ts';
import { temporaryFolder } from './support/log-under-test.ts';
import { freePort, NodeProcess, StartRefused } from './support/node-process.ts';

/** More than one full tile, and a partial one at the right edge. */
const ENTRIES = 300;
const TILE = 256;

describe('a node whose stored data changed by one byte', () => {
  const folder = temporaryFolder();
  const intact = join(folder, 'intact');
  let entries: Entry[];
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    const node = await NodeProcess.start({ data: intact, port, flags: ['--no-entry-zero'] });
    entries = await uploadMany(node.url, ENTRIES);
    entries.sort((a, b) => a.logIndex - b.logIndex);
    await node.stop();
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  const hashOf = (index: number) => Buffer.from(entries.at(index)?.id.slice(16) ?? '', 'hex');

  /** A copy of the data for each place where `bytes` stand, with one bit flipped there. */
  function* flips(bytes: Buffer): Generator<string> {
    for (const file of readdirSync(intact, { recursive: true, withFileTypes: true })) {
      // The search index is made again when it does not fit its log.
      if (!file.isFile() || file.name.startsWith('search.sqlite')) continue;
      const path = join(file.parentPath, file.name);
      const content = readFileSync(path);
      for (let at = content.indexOf(bytes); at >= 0; at = content.indexOf(bytes, at + 1)) {
        const copy = join(folder, 'flipped');
        rmSync(copy, { recursive: true, force: true });
        cpSync(intact, copy, { recursive: true });
        const changed = Buffer.from(content);
        changed.writeUInt8(content.readUInt8(at + bytes.length - 1) ^ 1, at + bytes.length - 1);
        writeFileSync(join(copy, relative(intact, path)), changed);
        yield copy;
      }
    }
  }

  async function refusal(data: string): Promise<StartRefused> {
    try {
      const node = await NodeProcess.start({ data, port });
      await node.kill();
    } catch (error) {
      if (error instanceof StartRefused) return error;
      throw error;
    }
    throw new Error('the node started on damaged data');
  }

  it('starts on the data as they are', async () => {
    const node = await NodeProcess.start({ data: intact, port });
    expect(await node.stop()).toBe(0);
  });

  const damages = {
    'the last leaf': () => Buffer.from(entries.at(-1)?.body ?? '', 'base64').subarray(0, 120),
    "the last leaf's hash": () => hashOf(-1),
    'the last full tile': () => Buffer.concat([hashOf(TILE - 2), hashOf(TILE - 1)]),
  };

  it.each(Object.entries(damages))('does not start when it is in %s, and says what to do', async (_, bytes) => {
    let places = 0;
    for (const data of flips(bytes())) {
      const { exitCode, output } = await refusal(data);
      expect(exitCode).toBe(1);
      expect(output).toMatch(/shard \d+: .*(leaf|tile)/);
      expect(output).toContain('restore the newest backup');
      places += 1;
    }
    expect(places).toBeGreaterThan(0);
  });
});
