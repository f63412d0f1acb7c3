import { progressLine, withProgress } from './progress.ts';
import { testIo } from './testing/test-io.ts';

/** A terminal whose clock the test moves: each step is a tick of the bar. */
function terminal(change: Parameters<typeof testIo>[1] = {}) {
  let now = 0;
  const ticks = new Set<() => void>();
  const io = testIo('/nowhere', {
    terminal: true,
    columns: 80,
    now: () => now,
    every: (milliseconds, handler) => {
      const tick = () => {
        now += milliseconds;
        handler();
      };
      ticks.add(tick);
      return () => ticks.delete(tick);
    },
    ...change,
  });
  const pass = (milliseconds: number) => {
    for (const end = now + milliseconds; now < end; ) {
      if (ticks.size === 0) throw new Error('nothing ticks');
      for (const tick of ticks) tick();
    }
  };
  return { io, ticks, pass };
}

describe('progress', () => {
  it('is shown after a second, and taken back', async () => {
    const { io, ticks, pass } = terminal();
    const result = await withProgress(io, 'uploading', 'bytes', async (report) => {
      report(1024, 4096);
      pass(900);
      expect(io.written.err).toBe('');
      pass(100);
      expect(io.written.err).toBe('\r| uploading [#####               ]  25% 1.0 KiB of 4.0 KiB, 1.0 KiB/s\u001b[K');
      report(4096, 4096);
      pass(1000);
      expect(io.written.err).toContain(`[${'#'.repeat(20)}] 100% 4.0 KiB of 4.0 KiB, 2.0 KiB/s\u001b[K`);
      return 7;
    });
    expect(result).toBe(7);
    expect(io.written.err.endsWith('\r\u001b[K')).toBe(true);
    expect(io.written.out).toBe('');
    expect(ticks.size).toBe(0);
  });

  it('is taken back when the work fails', async () => {
    const { io, ticks, pass } = terminal();
    const failed = withProgress(io, 'uploading', 'bytes', async () => {
      pass(1000);
      throw new Error('broken');
    });
    await expect(failed).rejects.toThrow('broken');
    expect(io.written.err).toBe('\r| uploading\u001b[K\r\u001b[K');
    expect(ticks.size).toBe(0);
  });

  it('writes nothing of what is done within a second', async () => {
    const { io, pass } = terminal();
    await withProgress(io, 'uploading', 'bytes', async () => pass(900));
    expect(io.written.err).toBe('');
  });

  it.each([
    { terminal: false },
    { env: { TERM: 'dumb' } },
  ])('is nothing without a terminal that can: %j', async (change) => {
    const { io, ticks } = terminal(change);
    await withProgress(io, 'uploading', 'bytes', async (report) => {
      report(1, 2);
      expect(ticks.size).toBe(0);
    });
    expect(io.written.err).toBe('');
  });

  it('never wraps', async () => {
    const { io, pass } = terminal({ columns: 20 });
    await withProgress(io, 'a label of some length', 'bytes', async (report) => {
      report(1, 2);
      pass(1500);
    });
    for (const line of io.written.err.split('\r')) expect(line.replace('\u001b[K', '').length).toBeLessThan(20);
  });

  it.each([
    [{ done: 0, total: 10 }, '| work'],
    [{ done: 0, total: undefined }, '| work'],
    [{ done: 0, total: 0 }, '| work'],
    [{ done: 3 * 1024 ** 2, total: undefined }, '| work 3.0 MiB, 1.5 MiB/s'],
    [{ done: 5 * 1024 ** 4, total: undefined }, '| work 5120.0 GiB, 2560.0 GiB/s'],
    // A length that was not true.
    [{ done: 1023, total: 10 }, '| work 1023 B, 512 B/s'],
    [{ done: 999, total: 1000 }, '| work [################### ]  99% 999 B of 1000 B, 500 B/s'],
  ])('has the line for %j', (amount, line) => {
    expect(progressLine({ label: 'work', unit: 'bytes', elapsed: 2000, frame: 4, ...amount })).toBe(line);
  });

  it('counts entries, and turns', () => {
    const line = progressLine({ label: 'work', unit: 'entries', elapsed: 1500, frame: 1, done: 1000, total: 2000 });
    expect(line).toBe('/ work [##########          ]  50% 1000 entries of 2000 entries, 667 entries/s');
  });
});
