import { join } from 'node:path';
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
import { AnchorFile } from './anchor-file.ts';
import { copyTrees } from './copy-trees.ts';
import { fsck } from './fsck.ts';
import type { ShardRecord } from './shard.ts';
import { openSqliteReader, openSqliteStorage } from './storage/sqlite-storage.ts';
import type { TreeReader, TreeStorage } from './storage.ts';
import { checkStoredTree } from './stored-tree.ts';
import { Tree } from './tree.ts';

const second: ShardRecord = { ...shard, id: 3, treeId: '4712', createdAt: 1_700_000_001 };
const broken = expect.objectContaining({ code: 'ERR_TREE_CORRUPT' });

/** A database with a frozen shard of 600 leaves, with annexes, identities and attachments, and an active one of 40. */
async function source(states: readonly ShardRecord['state'][] = ['frozen', 'active']): Promise<string> {
  const folder = tempFolder();
  const { tree, storage, close } = await openTreeIn(folder);
  await appendLeaves(tree, 0, 300);
  const annexed = Array.from({ length: 300 }, (_, n) =>
    tree.append({
      data: leafData(300 + n),
      identity: Buffer.alloc(32, `identity ${n}`),
      annex: leafData(n),
      ...(n % 3 === 0 && { attachment: leafData(n + 1) }),
    }),
  );
  await Promise.all(annexed);
  if (states[0] === 'frozen') await storage.freezeShard(shard.id);
  if (states.length > 1) {
    await storage.createShard(second);
    const anchor = new AnchorFile(folder, second.id, { warn: () => undefined, intervalMs: 0 });
    const clock = () => 1_700_000_009_000;
    const next = await Tree.open({ storage, shard: second, signCheckpoint, readCheckpoint, anchor, clock });
    await appendLeaves(next, 0, 40);
    await next.close();
    if (states[1] === 'frozen') await storage.freezeShard(second.id);
  }
  await close();
  return join(folder, 'log.db');
}

/** Everything in a database, but for what SQLite keeps for itself. */
function rows(path: string): unknown {
  const database = new Database(path, { readonly: true });
  const tables = ['shard', 'checkpoint', 'leaf', 'identity', 'attachment', 'tile'];
  const all = tables.map((table) => database.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`).all());
  database.close();
  return all;
}

async function copy(
  from: string,
  to: string,
  wrapFrom: (reader: TreeReader) => TreeReader = (reader) => reader,
  wrapTo: (storage: TreeStorage) => TreeStorage = (storage) => storage,
): Promise<number> {
  const reader = await openSqliteReader(from);
  const storage = await openSqliteStorage(to);
  try {
    return await copyTrees({ from: wrapFrom(reader), to: wrapTo(storage), readCheckpoint: () => readCheckpoint });
  } finally {
    await reader.close();
    await storage.close();
  }
}

/** Breaks off after the write number `at` (from 1): what would be before it is what is after the one before. */
function interrupted(at: number) {
  const seen = { writes: 0 };
  const wrap = (storage: TreeStorage): TreeStorage => {
    const attempt = async (write: () => Promise<void>): Promise<void> => {
      seen.writes += 1;
      await write();
      if (seen.writes === at) throw new Error('interrupted');
    };
    return {
      ...storage,
      createShard: (record) => attempt(() => storage.createShard(record)),
      commit: (batch) => attempt(() => storage.commit(batch)),
      freezeShard: (id) => attempt(() => storage.freezeShard(id)),
    };
  };
  return { wrap, seen };
}

describe('a copy', () => {
  it('is what it was copied from, row by row, and goes on', async () => {
    const from = await source();
    const folder = tempFolder();
    const to = join(folder, 'log.db');
    const told: number[][] = [];
    const [reader, storage] = [await openSqliteReader(from), await openSqliteStorage(to)];
    const onProgress = (...progress: number[]) => void told.push(progress);
    expect(await copyTrees({ from: reader, to: storage, readCheckpoint: () => readCheckpoint, onProgress })).toBe(640);
    expect(told.at(-1)).toEqual([640, 640]);
    expect(told.map(([done]) => done)).toEqual([...told.map(([done]) => done)].sort((a = 0, b = 0) => a - b));
    await reader.close();
    expect(rows(to)).toEqual(rows(from));
    for (const { id } of [shard, second]) {
      for await (const { faults } of fsck({ storage, shard: id, readCheckpoint })) expect(faults).toEqual([]);
    }
    const anchor = new AnchorFile(folder, second.id, { warn: () => undefined, intervalMs: 0 });
    const clock = () => 1_700_000_010_000;
    const tree = await Tree.open({ storage, shard: second, signCheckpoint, readCheckpoint, anchor, clock });
    expect(await tree.append({ data: leafData(40) })).toMatchObject({ index: 40, duplicate: false });
    expect(await tree.append({ data: leafData(7) })).toMatchObject({ index: 7, duplicate: true });
    await tree.close();
    await storage.close();
  });

  it('may be of an empty tree', async () => {
    const folder = tempFolder();
    await (await openTreeIn(folder)).close();
    const to = join(tempFolder(), 'log.db');
    expect(await copy(join(folder, 'log.db'), to)).toBe(0);
    expect(rows(to)).toEqual(rows(join(folder, 'log.db')));
  });

  // The last writes are those that finish the shards.
  it.each<[string, readonly ShardRecord['state'][], number, number]>([
    ['with a frozen shard and an active one', ['frozen', 'active'], 1, 2],
    ['with frozen shards only', ['frozen', 'frozen'], 9, 1],
    ['of one shard', ['active'], 2, 2],
  ])(
    '%s that is interrupted is taken for no log, and is gone on with',
    async (_, states, first, step) => {
      const from = await source(states);
      const whole = rows(from);
      const { seen, wrap } = interrupted(0);
      await copy(from, join(tempFolder(), 'log.db'), undefined, wrap);
      expect(seen.writes).toBeGreaterThan(first);
      for (let at = first; at <= seen.writes; at += step) {
        const to = join(tempFolder(), 'log.db');
        await expect(copy(from, to, undefined, interrupted(at).wrap)).rejects.toThrow('interrupted');
        await expectNoLog(to, whole);
        await copy(from, to);
        expect(rows(to)).toEqual(whole);
      }
    },
    180_000,
  );

  it('grows with its source, to what that has at the end', async () => {
    const from = await source();
    const to = join(tempFolder(), 'log.db');
    const half = tempFolder();
    const { tree, close } = await openTreeIn(half);
    await appendLeaves(tree, 0, 300);
    const early = tree.snapshot;
    await close();
    let asked = 0;
    const growing = (reader: TreeReader): TreeReader => ({
      ...reader,
      latest: async (id) => {
        if (id === shard.id) asked += 1;
        return id === shard.id && asked < 3 ? early : reader.latest(id);
      },
    });
    expect(await copy(from, to, growing)).toBe(640);
    expect(rows(to)).toEqual(rows(from));
  });
});

describe('a copy is refused', () => {
  const changes: readonly (readonly [string, (reader: TreeReader) => Partial<TreeReader>, RegExp])[] = [
    [
      'a leaf that is missing',
      ({ leaves }) => ({ leaves: async (...at) => (await leaves(...at)).slice(1) }),
      /leaf 0 is missing/,
    ],
    ['no leaf at all', () => ({ leaves: async () => [] }), /leaf 0 is missing/],
    [
      'changed bytes',
      ({ leaves }) => ({
        leaves: async (...at) => (await leaves(...at)).map((leaf) => ({ ...leaf, data: leafData(-1) })),
      }),
      /bytes of leaf 0/,
    ],
    [
      'a changed time',
      ({ leaves }) => ({
        leaves: async (...at) => (await leaves(...at)).map((leaf) => ({ ...leaf, integratedTime: 1 })),
      }),
      /leaf 0 do not have their checksum/,
    ],
    [
      'another leaf in its place',
      ({ leaves }) => ({
        leaves: async (...at) =>
          (await leaves(...at)).map((leaf, n, all) => ({
            ...(all[n ^ 1] ?? leaf),
            index: leaf.index,
            checksum: undefined,
          })),
      }),
      /do not lead to the root/,
    ],
    ['no checkpoint', () => ({ latest: async () => undefined }), /no checkpoint/],
    [
      "another key's checkpoint",
      ({ latest }) => ({
        latest: async (id) => {
          const snapshot = await latest(id);
          return snapshot && { ...snapshot, checkpoint: snapshot.checkpoint.replace(/.{8}\n$/, 'AAAAAAA=\n') };
        },
      }),
      /not one that the shard's key signed/,
    ],
    [
      'a checkpoint of another size',
      ({ latest }) => ({
        latest: async (id) => {
          const snapshot = await latest(id);
          return snapshot && { ...snapshot, size: 599 as never };
        },
      }),
      /not about the size and root/,
    ],
    ['no shard', () => ({ shards: async () => [] }), /no shard/],
  ];
  it.each(changes)('when the source has %s', async (_, change, message) => {
    const from = await source(['active']);
    const to = join(tempFolder(), 'log.db');
    const copying = copy(from, to, (reader) => ({ ...reader, ...change(reader) }));
    await expect(copying).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_(TREE_CORRUPT|STORAGE)$/),
      message: expect.stringMatching(message),
    });
    await expectNoLog(to, undefined);
  });

  it('when the source shrinks meanwhile', async () => {
    const from = await source(['active']);
    const small = tempFolder();
    const { tree, close } = await openTreeIn(small);
    await appendLeaves(tree, 0, 10);
    const shrunk = tree.snapshot;
    await close();
    let asked = 0;
    const copying = copy(from, join(tempFolder(), 'log.db'), (reader) => ({
      ...reader,
      latest: async (id) => {
        asked += 1;
        return asked > 2 ? shrunk : reader.latest(id);
      },
    }));
    await expect(copying).rejects.toThrow(broken);
  });

  it('into a storage that holds anything else', async () => {
    const from = await source(['active']);
    const other = tempFolder();
    const { tree, close } = await openTreeIn(other);
    await appendLeaves(tree, 0, 5);
    await close();
    const before = rows(join(other, 'log.db'));
    await expect(copy(from, join(other, 'log.db'))).rejects.toMatchObject({
      code: 'ERR_STORAGE',
      message: expect.stringContaining('not empty'),
    });
    expect(rows(join(other, 'log.db'))).toEqual(before);
    const elsewhere = join(tempFolder(), 'log.db');
    const storage = await openSqliteStorage(elsewhere);
    await storage.createShard({ ...shard, publicKey: new Uint8Array([9]) });
    await storage.close();
    await expect(copy(from, elsewhere)).rejects.toMatchObject({ code: 'ERR_STORAGE' });
  });

  it('when what an interrupted one left is damaged', async () => {
    const from = await source(['active']);
    const to = join(tempFolder(), 'log.db');
    await expect(copy(from, to, undefined, interrupted(4).wrap)).rejects.toThrow('interrupted');
    const database = new Database(to);
    database.prepare("UPDATE leaf SET data = 'x' WHERE id % 1099511627776 = 300").run();
    database.prepare('UPDATE checkpoint SET root = ?').run(Buffer.alloc(32));
    database.close();
    await expect(copy(from, to)).rejects.toThrow(broken);
  });
});

/** What an interrupted copy has left is refused by a start's check, unless nothing was missing but the last freeze. */
async function expectNoLog(path: string, whole: unknown): Promise<void> {
  const storage = await openSqliteStorage(path);
  try {
    const records = await storage.shards();
    if (whole !== undefined && JSON.stringify(rows(path)) === JSON.stringify(whole)) return;
    const checks = records.map(async ({ id }) => checkStoredTree({ storage, shard: id, readCheckpoint }));
    const results = await Promise.allSettled(checks);
    const isRefused = results.some(({ status }) => status === 'rejected');
    const isBare = results.some((result) => result.status === 'fulfilled' && result.value === undefined);
    const isSplit = records.slice(0, -1).some(({ state }) => state !== 'frozen');
    expect({ refused: isRefused || isBare || isSplit || records.length === 0 }).toEqual({ refused: true });
    if (!isRefused) return;
    const faults: string[] = [];
    for (const { id } of records) {
      for await (const step of fsck({ storage, shard: id, readCheckpoint }))
        faults.push(...step.faults.map(({ what }) => what));
    }
    expect(faults).toContain('a copy into this storage was not finished');
  } finally {
    await storage.close();
  }
}
