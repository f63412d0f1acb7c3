import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { virtualIndex } from '@countersign/log';
import { lockDataFolder } from '@countersign/tree';
import { addEntries, damage, dataFolder, leafRow, newPath, twoShards, withLog } from '../../test/data-folder.ts';
import { dataFiles } from '../data-files.ts';
import { backUp } from './back-up.ts';
import { digestFile } from './durable-file.ts';
import { examineData } from './examine-data.ts';
import type { Manifest } from './manifest.ts';
import { restore } from './restore.ts';
import { refuseUnfinished } from './unfinished.ts';

const mode = (path: string): number => statSync(path).mode & 0o777;

async function backupOf(data: string, withKeys = true): Promise<string> {
  const to = newPath('backup');
  await backUp({ data, to, withKeys, clock: () => 1_700_000_000_000 });
  return to;
}

function rmLog(data: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(dataFiles(data).log + end, { force: true });
}

function changeManifest(folder: string, change: (manifest: Manifest) => unknown): void {
  const path = join(folder, 'backup.json');
  writeFileSync(path, JSON.stringify(change(JSON.parse(readFileSync(path, 'utf8')))));
}

describe('a backup', () => {
  it('has database, keys and manifest, for their owner alone', async () => {
    const data = await twoShards();
    const to = newPath('deep/backup');
    const manifest = await backUp({ data, to, withKeys: true, clock: () => 1_700_000_000_000 });
    expect(manifest).toMatchObject({
      format: 1,
      createdAt: '2023-11-14T22:13:20.000Z',
      shards: [
        { id: 1, size: 300 },
        { id: 2, treeId: '4711', origin: 'log.test - 4711', size: 20 },
      ],
    });
    expect(JSON.parse(readFileSync(join(to, 'backup.json'), 'utf8'))).toEqual(manifest);
    expect(readdirSync(to).sort()).toEqual(['backup.json', 'keys', 'log.sqlite']);
    expect(readdirSync(join(to, 'keys'))).toHaveLength(2);
    for (const folder of [to, join(to, 'keys')]) expect(mode(folder)).toBe(0o700);
    for (const file of ['backup.json', ...Object.keys(manifest.files)]) expect(mode(join(to, file))).toBe(0o600);
  });

  it('may leave the keys out', async () => {
    const to = await backupOf(await dataFolder(1), false);
    expect(readdirSync(to).sort()).toEqual(['backup.json', 'log.sqlite']);
  });

  it('takes an empty folder, and no other', async () => {
    const data = await dataFolder(1);
    const to = newPath('backup');
    mkdirSync(to, { mode: 0o755 });
    await backUp({ data, to, withKeys: true });
    expect(mode(to)).toBe(0o700);
    const before = readdirSync(to);
    await expect(backUp({ data, to, withKeys: true })).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
    expect(readdirSync(to)).toEqual(before);
  });

  it('is none of a folder without a log, of a damaged log, or without a key: nothing is left behind', async () => {
    const refused = async (data: string, code: string) => {
      const to = newPath('backup');
      await expect(backUp({ data, to, withKeys: true })).rejects.toMatchObject({ code });
      expect(existsSync(to)).toBe(false);
    };
    await refused(newPath(), 'ERR_STORAGE');
    const damaged = await dataFolder(20);
    await damage(damaged, `UPDATE leaf SET data = x'00' WHERE id = ${leafRow(1, 19)}`);
    await refused(damaged, 'ERR_TREE_CORRUPT');
    const keyless = await dataFolder(20);
    rmSync(dataFiles(keyless).keys, { recursive: true });
    await refused(keyless, 'ERR_SIGNER');
    const file = newPath('file');
    writeFileSync(file, '');
    await expect(backUp({ data: await dataFolder(1), to: file, withKeys: true })).rejects.toMatchObject({
      code: 'ERR_STORAGE',
    });
    expect(existsSync(file)).toBe(true);
  });
});

describe('a restore', () => {
  it('brings back every shard, its keys and its entries, into a new folder', async () => {
    const data = await twoShards();
    const backup = await backupOf(data);
    const restored = newPath();
    const { manifest, missingKeys } = await restore({ from: backup, data: restored });
    expect(manifest.shards.map(({ size }) => size)).toEqual([300, 20]);
    expect(missingKeys).toEqual([]);
    expect(mode(restored)).toBe(0o700);
    expect(await examineData({ data: restored })).toMatchObject({ entries: 320, count: 0 });
    const infoOf = (folder: string) => withLog(folder, async (service) => service.info());
    expect(await infoOf(restored)).toEqual(await infoOf(data));
    await withLog(restored, async (service) => {
      expect((await service.byIndex(virtualIndex(319)))?.logIndex).toBe(319);
      await addEntries(service, 320, 321);
    });
  });

  it('does not replace a database, or run beside a node', async () => {
    const data = await dataFolder(3);
    const backup = await backupOf(data);
    await expect(restore({ from: backup, data })).rejects.toMatchObject({
      code: 'ERR_STORAGE',
      message: expect.stringMatching(/not replaced.*mkdir .* && mv .*log\.sqlite/),
    });
    const other = newPath();
    mkdirSync(other);
    for (const rest of ['log.sqlite-wal', 'log.sqlite-journal']) {
      writeFileSync(join(other, rest), '');
      await expect(restore({ from: backup, data: other })).rejects.toMatchObject({ code: 'ERR_STORAGE' });
      rmSync(join(other, rest));
    }
    const lock = lockDataFolder(other);
    await expect(restore({ from: backup, data: other })).rejects.toMatchObject({ code: 'ERR_DATA_LOCKED' });
    lock.release();
    await restore({ from: backup, data: other });
  });

  it.each<[string, string, RegExp, (folder: string) => void]>([
    ['no manifest', 'ERR_INPUT_UNREADABLE', /no backup/, (at) => rmSync(join(at, 'backup.json'))],
    ['a manifest cut off', 'ERR_MALFORMED', /not JSON/, (at) => truncateSync(join(at, 'backup.json'), 99)],
    ['another JSON', 'ERR_MALFORMED', /not a manifest/, (at) => changeManifest(at, () => ({ format: 1 }))],
    ['a newer format', 'ERR_UNSUPPORTED', /format 2/, (at) => changeManifest(at, (all) => ({ ...all, format: 2 }))],
    [
      'a name that leads out of the folder',
      'ERR_MALFORMED',
      /not a manifest/,
      (at) =>
        changeManifest(at, (all) => ({ ...all, files: { ...all.files, 'keys/../../x.pem': all.files['log.sqlite'] } })),
    ],
    ['no database', 'ERR_STORAGE', /log\.sqlite is missing/, (at) => rmSync(join(at, 'log.sqlite'))],
    ['a database cut off', 'ERR_STORAGE', /has 4096 bytes where/, (at) => truncateSync(join(at, 'log.sqlite'), 4096)],
    [
      'a bit that flipped',
      'ERR_STORAGE',
      /not the file that was backed up/,
      (at) => {
        const bytes = readFileSync(join(at, 'log.sqlite'));
        bytes.writeUInt8(bytes.readUInt8(5000) ^ 4, 5000);
        writeFileSync(join(at, 'log.sqlite'), bytes);
      },
    ],
    ['no key', 'ERR_STORAGE', /pem is missing/, (at) => rmSync(join(at, 'keys'), { recursive: true })],
    [
      'a manifest that tells of another size',
      'ERR_STORAGE',
      /does not tell of the shards/,
      (at) => changeManifest(at, (all) => ({ ...all, shards: all.shards.map((shard) => ({ ...shard, size: 1 })) })),
    ],
  ])('refuses a backup with %s, and leaves nothing behind', async (_, code, message, spoil) => {
    const backup = await backupOf(await dataFolder(20));
    spoil(backup);
    const data = newPath();
    await expect(restore({ from: backup, data })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    const left = existsSync(data) ? readdirSync(data, { recursive: true }) : [];
    expect(left.filter((name) => name !== 'keys' && name !== 'lock')).toEqual([]);
  });

  it('refuses a backup whose tree is damaged, whatever the manifest says', async () => {
    const data = await dataFolder(20);
    const backup = await backupOf(data);
    await damage(data, `UPDATE leaf SET data = x'00' WHERE id = ${leafRow(1, 19)}`);
    cpSync(dataFiles(data).log, join(backup, 'log.sqlite'));
    const digest = await digestFile(join(backup, 'log.sqlite'));
    changeManifest(backup, (all) => ({ ...all, files: { ...all.files, 'log.sqlite': digest } }));
    await expect(restore({ from: backup, data: newPath() })).rejects.toMatchObject({ code: 'ERR_TREE_CORRUPT' });
  });

  it('takes a backup that an anchor extends from, and refuses one that is older, forked or of another log', async () => {
    const data = await dataFolder(20);
    const older = await backupOf(data);
    await withLog(data, (service) => addEntries(service, 20, 30));
    const newer = await backupOf(data);
    const other = await backupOf(await dataFolder(40));
    const files = dataFiles(data);
    rmLog(data);
    const refused = async (from: string, message: RegExp) => {
      await expect(restore({ from, data })).rejects.toMatchObject({
        code: 'ERR_TREE_ROLLED_BACK',
        message: expect.stringMatching(message),
      });
      expect(existsSync(files.log)).toBe(false);
      expect(existsSync(files.restoring)).toBe(false);
    };
    await refused(older, /has 20 entries, but a checkpoint of 30 was signed.*Restore the newest data/);
    await refused(other, /another log's/);

    // The same shard with another history: begun from the older backup in another place.
    const fork = newPath();
    await restore({ from: older, data: fork });
    await withLog(fork, (service) => addEntries(service, 1000, 1020));
    await refused(await backupOf(fork), /does not extend the checkpoint of 30 entries/);

    writeFileSync(join(data, 'anchors', '2.note'), 'log.test - 4712\n7\n');
    await refused(newer, /older than shard log\.test - 4712/);
    rmSync(join(data, 'anchors', '2.note'));
    const anchor = readFileSync(join(data, 'anchors', '1.note'), 'utf8');
    await restore({ from: newer, data });
    expect(readFileSync(join(data, 'anchors', '1.note'), 'utf8')).toBe(anchor);
    await withLog(data, (service) => addEntries(service, 30, 31));
  });

  it('keeps a key that is there, refuses another one, and says which are missing', async () => {
    const data = await dataFolder(2);
    const { keys } = dataFiles(data);
    const [name = ''] = readdirSync(keys);
    const backup = await backupOf(data);
    const keyless = await backupOf(data, false);
    rmLog(data);
    writeFileSync(join(keys, name), 'another');
    await expect(restore({ from: backup, data })).rejects.toMatchObject({ code: 'ERR_SIGNER' });
    expect(readFileSync(join(keys, name), 'utf8')).toBe('another');
    rmSync(join(keys, name));
    const { missingKeys } = await restore({ from: keyless, data });
    expect(missingKeys.map((path) => basename(path))).toEqual([name]);
  });

  it('that broke off is run again, and no new log begins in its place', async () => {
    const backup = await backupOf(await dataFolder(20));
    const data = newPath();
    const files = dataFiles(data);
    mkdirSync(files.keys, { recursive: true });
    writeFileSync(files.restoring, 'half');
    writeFileSync(join(files.keys, 'rekor-v1-1.pem.restoring'), 'half');
    expect(() => refuseUnfinished(files)).toThrow(/run it again/);
    await restore({ from: backup, data });
    expect(() => refuseUnfinished(files)).not.toThrow();
    expect(await examineData({ data })).toMatchObject({ entries: 20, count: 0 });
  });

  it('says so when the system refuses', async () => {
    if (process.getuid?.() === 0) return;
    const backup = await backupOf(await dataFolder(2));
    const data = newPath();
    mkdirSync(data);
    chmodSync(data, 0o500);
    await expect(restore({ from: backup, data })).rejects.toMatchObject({ code: 'ERR_STORAGE' });
  });
});
