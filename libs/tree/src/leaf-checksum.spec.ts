import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { leafData, openTreeIn, shard, tempFolder } from '../test/fixture.ts';
import { attachmentChecksum, leafChecksum } from './leaf-checksum.ts';
import { leafId } from './leaf-id.ts';

const optionalBytes = fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined });
const beside = fc.record({
  id: fc.nat().map((index) => leafId(shard.id, index)),
  integratedTime: fc.nat(),
  identity: optionalBytes,
  annex: optionalBytes,
});

describe('the checksum of a leaf', () => {
  it('is another one for anything else', () => {
    fc.assert(
      fc.property(beside, beside, (a, b) => {
        const same = JSON.stringify(a) === JSON.stringify(b);
        expect(leafChecksum(a.id, a) === leafChecksum(b.id, b)).toBe(same);
      }),
    );
    const none = { integratedTime: 1, identity: undefined, annex: undefined };
    const id = leafId(1, 0);
    const sums = [none, { ...none, identity: new Uint8Array() }, { ...none, annex: new Uint8Array() }];
    expect(new Set(sums.map((leaf) => leafChecksum(id, leaf))).size).toBe(3);
  });

  it.each([
    ['time', 'integrated_time = integrated_time + 1'],
    ['annex', "annex = x'05'"],
    ['identity', "identity = x'01'"],
    ['checksum', 'crc = crc + 1'],
  ])('keeps a leaf with another %s from being served, and the last one from being built on', async (_, change) => {
    const folder = tempFolder();
    const { tree, close } = await openTreeIn(folder);
    for (const n of [0, 1]) await tree.append({ data: leafData(n), annex: new Uint8Array([n]) });
    const database = new Database(join(folder, 'log.db'));
    database.prepare(`UPDATE leaf SET ${change} WHERE id = ?`).run(leafId(shard.id, 1));
    database.close();
    expect((await tree.entry(0))?.index).toBe(0);
    await expect(tree.entry(1)).rejects.toMatchObject({ code: 'ERR_TREE_CORRUPT' });
    await close();
    await expect(openTreeIn(folder)).rejects.toMatchObject({
      code: 'ERR_TREE_CORRUPT',
      message: expect.stringContaining('do not have their checksum'),
    });
  });

  it('of an attachment is another one at another place and for other bytes', () => {
    const attached = fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 40 }));
    const sum = ([index, bytes]: [number, Uint8Array]) => attachmentChecksum(leafId(shard.id, index), bytes);
    fc.assert(
      fc.property(attached, attached, (a, b) => {
        expect(sum(a) === sum(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });

  it.each([
    ['bytes', "bytes = x'05'"],
    ['checksum', 'crc = crc + 1'],
    ['place', 'id = id - 1'],
  ])('keeps an attachment with another %s from being read, and its leaf is', async (_, change) => {
    const folder = tempFolder();
    const { tree, close } = await openTreeIn(folder);
    for (const n of [0, 1, 2]) await tree.append({ data: leafData(n), ...(n !== 1 && { attachment: leafData(9) }) });
    const database = new Database(join(folder, 'log.db'));
    database.prepare(`UPDATE attachment SET ${change} WHERE id = ?`).run(leafId(shard.id, 2));
    database.close();
    expect(await tree.attachment(0)).toEqual(leafData(9));
    await expect(Promise.all([tree.attachment(1), tree.attachment(2)])).rejects.toMatchObject({
      code: 'ERR_TREE_CORRUPT',
      message: expect.stringMatching(/attachment of leaf [12] does not have its checksum/),
    });
    expect((await tree.entry(2))?.data).toEqual(leafData(2));
    await close();
    await (await openTreeIn(folder)).close();
  });

  it('guards the record of a shard, but for its state', async () => {
    const folder = tempFolder();
    await (await openTreeIn(folder)).close();
    const database = new Database(join(folder, 'log.db'));
    database.prepare("UPDATE shard SET state = 'frozen'").run();
    await (await openTreeIn(folder)).close();
    database.pragma('ignore_check_constraints = ON');
    database.prepare("UPDATE shard SET state = 'frozeo'").run();
    await expect(openTreeIn(folder)).rejects.toMatchObject({ code: 'ERR_TREE_CORRUPT' });
    database.prepare("UPDATE shard SET state = 'frozen'").run();
    database.prepare('UPDATE shard SET created_at = created_at + 1').run();
    database.close();
    await expect(openTreeIn(folder)).rejects.toMatchObject({ code: 'ERR_TREE_CORRUPT' });
  });
});
