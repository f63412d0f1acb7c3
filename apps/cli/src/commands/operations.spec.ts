import type { BackupSetup, Examination, ExamineOptions, ExamineSetup, Finding, RestoreSetup } from '@countersign/node';
import { jest } from '@jest/globals';
import { runIn } from '../testing/test-io.ts';

const finding: Finding = { where: 'shard 1', what: 'leaf 5 is wrong\u001b', expected: 'a', found: 'b', cure: 'data' };
const sound: Examination = { complete: true, entries: 7, count: 0, findings: [] };
const shard = { id: 1, treeId: '1', origin: 'log.test - 1', size: 7, root: 'ab', checkpoint: 'note' };
const manifest = {
  format: 1,
  createdAt: '2026-01-01T00:00:00.000Z',
  version: '1',
  shards: [shard],
  files: { log: {} },
};

const examineData = jest.fn<(setup: ExamineSetup, options: ExamineOptions) => Promise<Examination>>();
const backUp = jest.fn(async (_: BackupSetup): Promise<unknown> => manifest);
const restore = jest.fn(async (_: RestoreSetup): Promise<unknown> => ({ manifest, missingKeys: [] }));
const { loadConfig, passphraseOf, cures, findingText } = await import('@countersign/node');
const parts = { loadConfig, passphraseOf, cures, findingText, examineData, backUp, restore };
jest.unstable_mockModule('@countersign/node', () => parts);

beforeEach(() => jest.clearAllMocks());

describe('fsck', () => {
  it('says that data are sound', async () => {
    examineData.mockResolvedValueOnce(sound);
    const { code, out, err } = await runIn('/nowhere', ['fsck', '--data', '/data']);
    expect({ code, out, err }).toEqual({ code: 0, out: 'sound: 7 entries in /data\n', err: '' });
    expect(examineData).toHaveBeenCalledWith({ data: '/data' }, expect.anything());
  });

  it('takes the folder from the environment, too', async () => {
    examineData.mockResolvedValueOnce(sound);
    await runIn('/nowhere', ['fsck'], { env: { COUNTERSIGN_DATA: '/elsewhere' } });
    expect(examineData).toHaveBeenCalledWith({ data: '/elsewhere' }, expect.anything());
  });

  it('prints a finding a line and what to do once, and fails', async () => {
    examineData.mockImplementationOnce(async (_, { onFinding, onNote }) => {
      onNote?.('going on');
      onFinding?.(finding);
      onFinding?.(finding);
      return { ...sound, count: 2, findings: [finding, finding] };
    });
    const { code, out, err } = await runIn('/nowhere', ['fsck', '--data', '/data']);
    expect(code).toBe(1);
    const line = 'shard 1: leaf 5 is wrong\\u{1b} (expected a, found b)\n';
    expect(out).toBe(line + line);
    expect(err).toMatch(/^going on\ncountersign: 2 findings in 7 entries of \/data\.\nStop the node\./);
    expect(err.split(cures.data)).toHaveLength(2);
  });

  it('is one JSON object with --format json', async () => {
    examineData.mockImplementationOnce(async (_, { onNote }) => {
      onNote?.('going on');
      return { ...sound, count: 1, findings: [finding] };
    });
    const { code, out } = await runIn('/nowhere', ['fsck', '--data', '/data', '--format', 'json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({ sound: false, ...sound, count: 1, findings: [finding], notes: ['going on'] });
  });

  it('stops when it is told to, and says how to go on', async () => {
    let signal = (_: string): void => {};
    const aborted: number[] = [];
    examineData.mockImplementationOnce(async (_, { signal: stop }) => {
      expect(stop?.aborted).toBe(false);
      signal('SIGINT');
      expect(stop?.aborted).toBe(true);
      return { ...sound, complete: false };
    });
    const { out, err } = await runIn('/nowhere', ['fsck', '--data', '/data'], {
      onStop: (handler) => {
        signal = handler;
        return () => {};
      },
      abort: (exitCode) => aborted.push(exitCode),
    });
    expect(aborted).toEqual([130]);
    expect(out).toBe('');
    expect(err).toBe('SIGINT: stopped after 7 entries and 0 findings; run it again to go on from there\n');
  });
});

describe('backup and restore', () => {
  it('say what they copied', async () => {
    const backup = await runIn('/nowhere', ['backup', '--data', '/data', '--to', '/backup', '--without-keys']);
    expect(backup).toEqual({
      code: 0,
      err: '',
      out: 'backed up to /backup:\n  log.test - 1: 7 entries, root ab\nno private keys: keep them elsewhere\n',
    });
    expect(backUp).toHaveBeenCalledWith({ data: '/data', to: '/backup', withKeys: false });
    restore.mockResolvedValueOnce({ manifest, missingKeys: ['/data/keys/a.pem'] });
    const { out } = await runIn('/nowhere', ['restore', '--data', '/data', '--from', '/backup']);
    expect(out).toContain(
      'restored into /data from the backup of 2026-01-01T00:00:00.000Z:\n  log.test - 1: 7 entries',
    );
    expect(out).toContain('put it at /data/keys/a.pem, mode 0600');
    expect(restore).toHaveBeenCalledWith({ data: '/data', from: '/backup' });
  });

  it('copy keys unless told otherwise', async () => {
    backUp.mockResolvedValueOnce({ ...manifest, files: { log: {}, key: {} } });
    const { out } = await runIn('/nowhere', ['backup', '--data', '/data', '--to', '/backup']);
    expect(backUp).toHaveBeenCalledWith({ data: '/data', to: '/backup', withKeys: true });
    expect(out).toContain('private keys: 1; guard the folder');
  });

  it.each(['backup', 'restore'])('%s has to be told the folder', async (command) => {
    expect((await runIn('/nowhere', [command, '--data', '/data'])).code).toBe(2);
  });
});
