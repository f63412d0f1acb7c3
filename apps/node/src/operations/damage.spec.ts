import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hasCode } from '@countersign/errors';
import Database from 'better-sqlite3';
import { newPath, twoShards, withLog } from '../../test/data-folder.ts';
import { dataFiles } from '../data-files.ts';
import { examineData } from './examine-data.ts';

/** How many bits are flipped, one at a time, all over the file; COUNTERSIGN_FLIPS for more. */
const flips = Number(process.env.COUNTERSIGN_FLIPS ?? 60);

/** The same numbers on every run: xorshift, 32 bits. */
function* numbers(seed = 0x9e3779b9): Generator<number, never> {
  for (let x = seed; ; ) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    yield x >>> 0;
  }
}

/** All that the log reads of a database, in words that can be compared; `undefined` when it cannot be read. */
function contentOf(path: string): string | undefined {
  const database = new Database(path, { readonly: true });
  try {
    const all = (sql: string) => database.prepare(sql).all();
    const tables = ['shard', 'checkpoint', 'leaf', 'identity', 'tile'].map((table) => all(`SELECT * FROM ${table}`));
    return JSON.stringify([all('SELECT name FROM migrations'), database.pragma('user_version'), tables]);
  } catch {
    return undefined;
  } finally {
    database.close();
  }
}

async function startRefused(data: string): Promise<boolean> {
  try {
    await withLog(data, async () => undefined);
    return false;
  } catch (error) {
    // Anything else is a fault of ours.
    if (!hasCode(error)) throw error;
    return true;
  }
}

it(`${flips} bits flipped anywhere in the database: each is found, or in bytes that mean nothing`, async () => {
  const data = await twoShards();
  const intact = readFileSync(dataFiles(data).log);
  const content = contentOf(dataFiles(data).log);
  const random = numbers();
  const counts = { 'refused at start, found by fsck': 0, 'found by fsck': 0, 'means nothing': 0 };
  const copy = newPath('copy');
  for (let flip = 0; flip < flips; flip += 1) {
    const at = random.next().value % intact.length;
    const bit = random.next().value % 8;
    rmSync(copy, { recursive: true, force: true });
    cpSync(data, copy, { recursive: true });
    const flipped = Buffer.from(intact);
    flipped.writeUInt8(intact.readUInt8(at) ^ (1 << bit), at);
    const { log } = dataFiles(copy);
    writeFileSync(log, flipped);
    const { count, complete } = await examineData({ data: copy });
    expect(complete).toBe(true);
    const meansNothing = count === 0 && contentOf(log) === content;
    const refused = await startRefused(copy);
    const where = `byte ${at} (page ${Math.floor(at / 4096) + 1}, offset ${at % 4096}), bit ${bit}`;
    if (count === 0 && (!meansNothing || refused)) throw new Error(`${where} was not found`);
    counts[count === 0 ? 'means nothing' : refused ? 'refused at start, found by fsck' : 'found by fsck'] += 1;
  }
  if (process.env.COUNTERSIGN_FLIPS !== undefined) {
    process.stderr.write(`${flips} bits in ${intact.length} bytes: ${JSON.stringify(counts)}\n`);
  }
  // A third of so small a file means nothing: the ends of pages that are not full.
  expect(flips - counts['means nothing']).toBeGreaterThan(flips / 3);
}, 600_000);
