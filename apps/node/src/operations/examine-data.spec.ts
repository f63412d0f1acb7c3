import { existsSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addEntries, damage, dataFolder, leafRow, newPath, twoShards, withLog } from '../../test/data-folder.ts';
import { dataFiles } from '../data-files.ts';
import { type Examination, examineData } from './examine-data.ts';
import { type Finding, findingText } from './finding.ts';

const texts = ({ findings }: Examination): string[] => findings.map(findingText);

describe('an examination of a data folder', () => {
  it('finds nothing in one that is sound, whatever its shards, and counts as it goes', async () => {
    const data = await twoShards();
    const progress: [number, number][] = [];
    const examination = await examineData({ data }, { onProgress: (done, total) => progress.push([done, total]) });
    expect(examination).toEqual({ complete: true, entries: 320, count: 0, findings: [] });
    expect(progress).toEqual([
      [256, 320],
      [300, 320],
      [320, 320],
    ]);
    expect(existsSync(dataFiles(data).fsck)).toBe(false);
  });

  it('works beside a log that is open and grows', async () => {
    const data = await dataFolder(300);
    await withLog(data, async (service) => {
      const onProgress = () => void service.add(Buffer.from(`{"more":${Math.random()}}`)).catch(() => undefined);
      expect(await examineData({ data }, { onProgress })).toMatchObject({ complete: true, count: 0 });
    });
  });

  it('refuses a folder without a log', async () => {
    const data = newPath();
    await expect(examineData({ data })).rejects.toMatchObject({ code: 'ERR_STORAGE' });
    expect(existsSync(data)).toBe(false);
  });

  it('tells findings of every kind, each with what to do', async () => {
    const data = await twoShards();
    const files = dataFiles(data);
    const [first = '', second = ''] = readdirSync(files.keys).sort((a) => (a.includes('4711') ? 1 : -1));
    await damage(data, `UPDATE leaf SET annex = x'00' WHERE id = ${leafRow(1, 5)}`);
    renameSync(join(files.keys, first), join(files.keys, second));
    writeFileSync(join(data, 'anchors', '2.note'), 'no note');
    truncateSync(files.search, 5000);
    const { findings, count } = await examineData({ data });
    expect(count).toBe(findings.length);
    const treeId = first.replace(/\D*1-|\.pem/g, '');
    expect(findings).toEqual([
      { where: `shard ${treeId}`, what: expect.stringContaining('does not exist'), cure: 'key' },
      {
        where: `shard ${treeId}`,
        what: 'time, identity or annex of leaf 5 do not have their checksum',
        cure: 'data',
      },
      { where: 'shard 4711', what: expect.stringContaining('is not the key of shard'), cure: 'key' },
      { where: 'shard 4711', what: expect.stringContaining('the anchor file'), cure: 'anchor' },
      { where: files.search, what: expect.any(String), cure: 'index' },
    ]);
  });

  it('finds a log that is behind its anchor', async () => {
    const data = await dataFolder(20);
    const older = await dataFolder(0);
    for (const end of ['', '-wal', '-shm']) rmSync(dataFiles(older).log + end, { force: true });
    const newer = readFileSync(dataFiles(data).log);
    await withLog(data, (service) => addEntries(service, 20, 21));
    writeFileSync(dataFiles(data).log, newer);
    const { findings } = await examineData({ data });
    expect(findings).toContainEqual(
      expect.objectContaining({ what: expect.stringContaining('a checkpoint of 21 was signed'), cure: 'rollback' }),
    );
    expect(findings).toContainEqual(expect.objectContaining({ where: dataFiles(data).search, cure: 'index' }));
  });

  it('finds the database of another log', async () => {
    const data = await dataFolder(20);
    writeFileSync(dataFiles(data).log, readFileSync(dataFiles(await dataFolder(20)).log));
    const found = (await examineData({ data })).findings.map(({ cure }) => cure);
    expect(found).toEqual(expect.arrayContaining(['key', 'anchor', 'index']));
  });

  it.each([
    ['cut off', (path: string) => truncateSync(path, 40_000)],
    ['no database at all', (path: string) => writeFileSync(path, 'x'.repeat(8192))],
    ['empty', (path: string) => writeFileSync(path, '')],
  ])('goes on with a file that is %s as far as it can', async (_, spoil) => {
    const data = await dataFolder(300);
    spoil(dataFiles(data).log);
    const examination = await examineData({ data });
    expect(examination.complete).toBe(true);
    expect(texts(examination).join('\n')).toMatch(
      /SQLITE_|malformed|not a database|no such table|no shard can be read/,
    );
  });

  it('says that an encrypted key was not checked', async () => {
    const data = await dataFolder(1);
    const { keys } = dataFiles(data);
    const [name = ''] = readdirSync(keys);
    writeFileSync(
      join(keys, name),
      '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n',
    );
    const notes: string[] = [];
    expect(await examineData({ data }, { onNote: (note) => notes.push(note) })).toMatchObject({ count: 0 });
    expect(notes).toEqual([expect.stringContaining('is encrypted and was not checked')]);
    expect((await examineData({ data, keyPassphrase: 'wrong' })).findings).toMatchObject([{ cure: 'key' }]);
  });
});

describe('an examination that is stopped', () => {
  async function stoppedAfter(data: string, steps: number): Promise<Examination> {
    const stop = new AbortController();
    let seen = 0;
    const onProgress = () => {
      seen += 1;
      if (seen === steps) stop.abort();
    };
    return examineData({ data }, { onProgress, signal: stop.signal });
  }
  async function resumed(data: string): Promise<{ notes: string[]; first: number; findings: readonly Finding[] }> {
    const notes: string[] = [];
    let first = 0;
    const { findings } = await examineData(
      { data },
      {
        onNote: (note) => notes.push(note),
        onProgress: (done) => {
          first ||= done;
        },
      },
    );
    return { notes, first, findings };
  }

  it('is gone on with, findings and all', async () => {
    const data = await dataFolder(600);
    await damage(data, `UPDATE leaf SET annex = x'00' WHERE id IN (${leafRow(1, 5)}, ${leafRow(1, 599)})`);
    expect(await stoppedAfter(data, 2)).toMatchObject({ complete: false, entries: 512, count: 1 });
    const { notes, first, findings } = await resumed(data);
    expect(notes).toEqual([expect.stringContaining('going on from entry 512')]);
    expect(first).toBe(600);
    expect(findings.map(({ what }) => what)).toEqual([
      expect.stringContaining('leaf 5 '),
      expect.stringContaining('leaf 599 '),
    ]);
    expect(existsSync(dataFiles(data).fsck)).toBe(false);
    expect((await resumed(data)).notes).toEqual([]);
  });

  it('begins again on other data, and on a note that is none', async () => {
    const data = await dataFolder(600);
    await stoppedAfter(data, 2);
    const { fsck } = dataFiles(data);
    const note = readFileSync(fsck, 'utf8');
    writeFileSync(fsck, note.replace(/"root":"[0-9a-f]{4}/, '"root":"0000'));
    expect(await resumed(data)).toMatchObject({ notes: [expect.stringContaining('does not fit')], first: 256 });
    for (const other of [
      '',
      'null',
      '{"format":1}',
      '{"format":1,"shards":{"1":5}}',
      note.replace('"format":1', '"format":2'),
    ]) {
      writeFileSync(fsck, other);
      expect(await resumed(data)).toMatchObject({ notes: [], first: 256 });
    }
  });

  it('notes where it is while it goes on', async () => {
    const data = await dataFolder(600);
    let now = 0;
    const noted: boolean[] = [];
    await examineData(
      { data },
      {
        clock: () => now,
        onProgress: () => {
          noted.push(existsSync(dataFiles(data).fsck));
          now += 1000;
        },
      },
    );
    expect(noted).toEqual([false, false, true]);
  });
});
