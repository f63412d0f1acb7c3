import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { equalBytes } from '@countersign/encoding';
import { CountersignError } from '@countersign/errors';
import { leafHash } from '@countersign/merkle';
import Database from 'better-sqlite3';
import {
  appendLeaves,
  leafData,
  openTreeIn,
  readCheckpoint,
  shard,
  signCheckpoint,
  tempFolder,
} from '../test/fixture.ts';
import { type Fault, type FsckCursor, type FsckStep, fsck } from './fsck.ts';
import { openSqliteReader, openSqliteStorage } from './storage/sqlite-storage.ts';

const size = 600;
/** The leaf with an attachment. */
const attached = 300;
const leafId = (index: number): number => shard.id * 2 ** 40 + index;
const tileId = (level: number, index: number): number => shard.id * 2 ** 35 + level * 2 ** 32 + index;

/** A tree of 600 leaves: two full tiles and part of a third. `damage` are statements run on its database. */
async function treeWith(...damage: string[]): Promise<string> {
  const folder = tempFolder();
  const { tree, close } = await openTreeIn(folder);
  await appendLeaves(tree, 0, attached);
  await tree.append({ data: leafData(attached), attachment: leafData(9) });
  await appendLeaves(tree, attached + 1, size);
  await close();
  const database = new Database(join(folder, 'log.db'));
  for (const statement of damage) expect(database.prepare(statement).run().changes).toBeGreaterThan(0);
  database.close();
  return folder;
}

async function examine(folder: string, from?: FsckCursor): Promise<{ steps: FsckStep[]; faults: string[] }> {
  const storage = await openSqliteStorage(join(folder, 'log.db'));
  const steps: FsckStep[] = [];
  for await (const step of fsck({ storage, shard: shard.id, readCheckpoint, ...(from && { from }) })) steps.push(step);
  await storage.close();
  return { steps, faults: steps.flatMap(({ faults }) => faults).map(({ what }: Fault) => what) };
}

describe('fsck', () => {
  it('finds nothing in a sound tree, and counts as it goes', async () => {
    const { steps, faults } = await examine(await treeWith());
    expect(faults).toEqual([]);
    expect(steps.map(({ cursor, total }) => [cursor.size, total])).toEqual([
      [256, size],
      [512, size],
      [600, size],
    ]);
  });

  it.each([0, 256])('examines a tree of %i leaves', async (leaves) => {
    const folder = tempFolder();
    const { tree, close } = await openTreeIn(folder);
    await appendLeaves(tree, 0, leaves);
    await close();
    const { steps, faults } = await examine(folder);
    expect(faults).toEqual([]);
    expect(steps.at(-1)).toMatchObject({ cursor: { size: leaves }, total: leaves });
  });

  const flip = (column: string) => `${column} = CAST(substr(${column}, 1, 3) || x'ff' || substr(${column}, 5) AS BLOB)`;
  it.each<[string, string[], string[]]>([
    [
      'bytes of a leaf',
      [`UPDATE leaf SET ${flip('data')} WHERE id = ${leafId(300)}`],
      ['the bytes of leaf 300 do not have its hash'],
    ],
    [
      'a hash of a leaf in a full tile',
      [`UPDATE leaf SET ${flip('hash')} WHERE id = ${leafId(5)}`],
      [
        'the bytes of leaf 5 do not have its hash',
        'leaf 5 is not found by its hash',
        'tile 0/0 is not what its leaves make',
        'the leaves do not lead to the signed root',
      ],
    ],
    [
      'a hash that is cut off',
      [`UPDATE leaf SET hash = CAST('short' AS BLOB) WHERE id = ${leafId(5)}`],
      ['the bytes of leaf 5 do not have its hash', 'leaf 5 is not found by its hash'],
    ],
    ['a leaf that is gone', [`DELETE FROM leaf WHERE id = ${leafId(7)}`], ['leaf 7 is missing']],
    [
      'a leaf that is gone from the end',
      [`DELETE FROM leaf WHERE id = ${leafId(599)}`],
      ['leaf 599 is missing', 'the leaves do not lead to the signed root'],
    ],
    [
      'an inner node of a tile',
      [
        `UPDATE tile SET nodes = CAST(substr(nodes, 1, 16000) || x'ff' || substr(nodes, 16002) AS BLOB) WHERE id = ${tileId(0, 1)}`,
      ],
      ['tile 0/1 is not what its leaves make'],
    ],
    ['a tile that is gone', [`DELETE FROM tile WHERE id = ${tileId(0, 0)}`], ['tile 0/0 is missing']],
    [
      'what a leaf is found by',
      [`DELETE FROM identity WHERE leaf = ${leafId(9)}`],
      ['leaf 9 is not found by its hash'],
    ],
    [
      'a time',
      [`UPDATE leaf SET integrated_time = 5 WHERE id = ${leafId(400)}`],
      ['time, identity or annex of leaf 400 do not have their checksum', 'leaf 400 is older than the one before'],
    ],
    [
      'a time that could be',
      [`UPDATE leaf SET integrated_time = integrated_time + 1 WHERE id = ${leafId(599)}`],
      ['time, identity or annex of leaf 599 do not have their checksum'],
    ],
    [
      'an attachment',
      [`UPDATE attachment SET ${flip('bytes')}`],
      [`the attachment of leaf ${attached} does not have its checksum`],
    ],
    [
      'the place of an attachment',
      ['UPDATE attachment SET id = id + 1'],
      [`the attachment of leaf ${attached + 1} does not have its checksum`],
    ],
    [
      'an attachment of no leaf',
      [`UPDATE attachment SET id = ${leafId(size)}`],
      ["there is an attachment beyond the checkpoint's size"],
    ],
    [
      'an annex',
      [`UPDATE leaf SET annex = x'00' WHERE id = ${leafId(7)}`],
      ['time, identity or annex of leaf 7 do not have their checksum'],
    ],
    [
      'a checksum that is gone',
      [`UPDATE leaf SET crc = NULL WHERE id = ${leafId(7)}`],
      ['leaf 7 has lost its checksum'],
    ],
    [
      'a leaf too many',
      [
        `INSERT INTO leaf SELECT ${leafId(600)}, hash, integrated_time, identity, annex, data, crc FROM leaf WHERE id = ${leafId(1)}`,
      ],
      ["there is a leaf beyond the checkpoint's size"],
    ],
    [
      'the size',
      ['UPDATE checkpoint SET size = 599'],
      [
        'the stored checkpoint is not about the stored size and root',
        'the leaves do not lead to the signed root',
        "there is a leaf beyond the checkpoint's size",
      ],
    ],
    [
      'the checkpoint',
      [`UPDATE checkpoint SET note = replace(note, '600', '601')`],
      ["the stored checkpoint of size 600 is not one that this shard's key signed"],
    ],
    ['no checkpoint at all', ['DELETE FROM checkpoint'], ['there are leaves, but no checkpoint']],
  ])('finds %s, and goes on', async (_, damage, expected) => {
    const { faults, steps } = await examine(await treeWith(...damage));
    expect(faults).toEqual(expected);
    expect(steps.at(-1)?.cursor.size).toBe(steps.at(-1)?.total);
  });

  it('finds what cannot be read, and reads the rest', async () => {
    const reader = await openSqliteReader(join(await treeWith(), 'log.db'));
    const unreadable = async () => {
      throw new CountersignError('ERR_STORAGE', 'the disk is broken');
    };
    const broken: typeof reader = {
      ...reader,
      leaves: (id, from, count) => (from === 0 ? unreadable() : reader.leaves(id, from, count)),
      leaf: (id, index) => (index === 7 ? unreadable() : reader.leaf(id, index)),
      find: (id, identity) => (equalBytes(identity, leafHash(leafData(9))) ? unreadable() : reader.find(id, identity)),
      tile: (id, level, index) => (index === 1 ? unreadable() : reader.tile(id, level, index)),
    };
    const faults: string[] = [];
    for await (const step of fsck({ storage: broken, shard: shard.id, readCheckpoint }))
      faults.push(...step.faults.map(({ what }) => what));
    await reader.close();
    const why = 'the disk is broken';
    expect(faults).toEqual([`leaf 7 cannot be read: ${why}`, why, why]);
  });

  it('finds a tree that is behind its anchor, or does not extend it', async () => {
    const older = await treeWith();
    const newer = tempFolder();
    const { tree, close, anchor } = await openTreeIn(newer);
    await appendLeaves(tree, 0, size + 1);
    await close();
    const path = anchor.path;
    const examined = async (folder: string, read: () => Promise<string>) => {
      const reader = await openSqliteReader(join(folder, 'log.db'));
      const faults: Fault[] = [];
      for await (const step of fsck({ storage: reader, shard: shard.id, readCheckpoint, anchor: { path, read } }))
        faults.push(...step.faults);
      await reader.close();
      return faults.map(({ what }) => what);
    };
    expect(await examined(newer, () => readFile(path, 'utf8'))).toEqual([]);
    expect(await examined(older, () => readFile(path, 'utf8'))).toEqual([
      expect.stringContaining('has 600 entries, but a checkpoint of 601 was signed'),
    ]);
    const other = await signCheckpoint(256, new Uint8Array(32));
    expect(await examined(older, async () => other)).toEqual([expect.stringContaining('does not extend')]);
    expect(await examined(older, async () => 'no note')).toEqual([expect.stringContaining('the anchor file')]);
  });

  it('goes on where it was, and begins again when that is not this tree', async () => {
    const folder = await treeWith(`DELETE FROM identity WHERE leaf IN (${leafId(9)}, ${leafId(590)})`);
    const { steps } = await examine(folder);
    const [, from] = steps.map(({ cursor }) => cursor);
    if (from === undefined) throw new Error('no second step');
    expect((await examine(folder, from)).faults).toEqual(['leaf 590 is not found by its hash']);
    for (const other of [
      { ...from, root: '00'.repeat(32) },
      { ...from, size: 300 },
      { ...from, size: 768 },
    ]) {
      expect((await examine(folder, other)).faults).toHaveLength(2);
    }
  });
});
