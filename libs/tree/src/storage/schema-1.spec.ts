import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { appendLeaves, leafData, openTreeIn, readCheckpoint, shard, tempFolder } from '../../test/fixture.ts';
import { fsck } from '../fsck.ts';
import { schemaVersion } from './schema.ts';
import { sqliteProblems } from './sqlite-integrity.ts';
import { openSqliteReader } from './sqlite-storage.ts';

/** A tree of 260 leaves as the first version of the schema had it, some with annexes, one with an identity. */
const vector = fileURLToPath(new URL('../../test/vectors/schema-1.db', import.meta.url));

function copied(): string {
  const folder = tempFolder();
  copyFileSync(vector, join(folder, 'log.db'));
  return folder;
}

async function faultsIn(folder: string): Promise<string[]> {
  const storage = await openSqliteReader(join(folder, 'log.db'));
  const faults: string[] = [];
  for await (const step of fsck({ storage, shard: shard.id, readCheckpoint })) {
    faults.push(...step.faults.map(({ what }) => what));
  }
  await storage.close();
  return [...faults, ...sqliteProblems(join(folder, 'log.db'))];
}

describe('a database of the first version', () => {
  it('is read and examined as it is', async () => {
    const folder = copied();
    expect(await faultsIn(folder)).toEqual([]);
    const storage = await openSqliteReader(join(folder, 'log.db'));
    expect(await storage.leaf(shard.id, 3)).toMatchObject({ checksum: undefined, identity: expect.any(Uint8Array) });
    expect(await storage.attachments(shard.id, 0, 260)).toEqual([]);
    await storage.close();
  });

  it('is brought up to date, and goes on with checksums', async () => {
    const folder = copied();
    const { tree, close } = await openTreeIn(folder);
    expect(tree.snapshot.size).toBe(260);
    expect((await tree.entry(5))?.annex).toEqual(new TextEncoder().encode('annex 5'));
    await appendLeaves(tree, 260, 262);
    expect((await tree.entry(261))?.checksum).toEqual(expect.any(Number));
    await tree.append({ data: leafData(262), attachment: leafData(1) });
    expect(await tree.attachment(262)).toEqual(leafData(1));
    expect(await tree.attachment(261)).toBeUndefined();
    await close();
    expect(await faultsIn(folder)).toEqual([]);
    const database = new Database(join(folder, 'log.db'));
    expect(database.pragma('user_version', { simple: true })).toBe(schemaVersion);
    database.close();
  });
});
