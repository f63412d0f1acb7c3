import { openSqliteReader, type TreeReader } from '@countersign/tree';
import { damage, dataFolder, leafRow, twoShards } from '../../test/data-folder.ts';
import { dataFiles } from '../data-files.ts';
import { operationLimits } from './limits.ts';
import { Scrub } from './scrub.ts';

async function scrubOf(data: string, change: (log: TreeReader) => TreeReader = (log) => log) {
  const log = await openSqliteReader(dataFiles(data).log);
  const warnings: string[] = [];
  const setup = {
    log: change(log),
    leavesPerSecond: 100,
    clock: () => 5000,
    warn: (text: string) => warnings.push(text),
  };
  return { scrub: new Scrub(setup), warnings, close: () => log.close() };
}

async function pass(scrub: Scrub): Promise<number[]> {
  const waits: number[] = [];
  do waits.push(await scrub.step());
  while (waits.at(-1) !== operationLimits.scrubPauseMs);
  return waits;
}

describe('the scrub', () => {
  it('reads all shards at its pace, and begins again after a pause', async () => {
    const { scrub, warnings, close } = await scrubOf(await twoShards());
    expect(scrub.state).toEqual({ leaves: 0, faults: 0, lastPass: 0 });
    // Milliseconds that 256, 44 and 20 leaves may take at 100 a second.
    expect(await pass(scrub)).toEqual([2560, 440, 200, operationLimits.scrubPauseMs]);
    expect(scrub.state).toEqual({ leaves: 320, faults: 0, lastPass: 5 });
    await pass(scrub);
    expect(scrub.state.leaves).toBe(640);
    expect(warnings).toEqual([]);
    await close();
  });

  it('tells each finding in a line, again on each pass, and none of what is cured', async () => {
    const data = await dataFolder(300);
    const { scrub, warnings, close } = await scrubOf(data);
    await damage(data, `UPDATE leaf SET annex = x'00' WHERE id = ${leafRow(1, 5)}`);
    expect(await scrub.step()).toBe(2560);
    expect(scrub.state).toEqual({ leaves: 256, faults: 1, lastPass: 0 });
    await pass(scrub);
    expect(scrub.state).toEqual({ leaves: 300, faults: 1, lastPass: 5 });
    expect(warnings).toEqual([
      expect.stringMatching(/^scrub: shard \d+: time, identity or annex of leaf 5 .*countersign fsck/),
    ]);
    await damage(data, `UPDATE leaf SET crc = NULL WHERE id < ${leafRow(1, 6)}`);
    await pass(scrub);
    expect(scrub.state.faults).toBe(0);
    await close();
  });

  it('writes no more lines than its limit, and counts on', async () => {
    const data = await dataFolder(operationLimits.scrubWarnings + 1);
    await damage(data, `UPDATE leaf SET annex = x'00'`);
    const { scrub, warnings, close } = await scrubOf(data);
    await pass(scrub);
    expect(warnings).toHaveLength(operationLimits.scrubWarnings);
    expect(scrub.state.faults).toBe(operationLimits.scrubWarnings + 1);
    await close();
  });

  it('goes on when the log cannot be read', async () => {
    const data = await dataFolder(3);
    const broken = async () => {
      throw new TypeError('a fault of ours');
    };
    const { scrub, warnings, close } = await scrubOf(data, (log) => ({ ...log, latest: broken }));
    await pass(scrub);
    expect(scrub.state).toEqual({ leaves: 0, faults: 1, lastPass: 5 });
    expect(warnings.join()).toContain('a fault of ours');
    const all = await scrubOf(data, (log) => ({ ...log, shards: broken }));
    await pass(all.scrub);
    expect(all.scrub.state.faults).toBe(1);
    await close();
    await all.close();
  });

  it('starts and ends', async () => {
    const { scrub, close } = await scrubOf(await dataFolder(3));
    scrub.start();
    await scrub.close();
    expect(scrub.state.leaves).toBe(0);
    await close();
  });
});
