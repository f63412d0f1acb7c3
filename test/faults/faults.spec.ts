import { FaultShim, scenarios } from './faults.ts';

const shim = new FaultShim();
const there = await shim.make();
afterAll(() => shim.remove());

(there ? describe : describe.skip)('a disk that fails', () => {
  it.each(
    scenarios,
  )('loses nothing acknowledged, gives no index twice and contradicts no checkpoint: %s', async (scenario) => {
    const { operations, cases, fired, failures } = await shim.matrix(scenario, 'sample');
    expect(failures).toEqual([]);
    expect(operations).toBeGreaterThan(90);
    expect(cases).toBe(operations);
    expect(fired).toBeGreaterThan(cases * 0.9);
  }, 120_000);

  it('takes entries again when it is no longer full, without a restart', async () => {
    const { cases, refused, failures } = await shim.fullDisk();
    expect(failures).toEqual([]);
    expect(cases).toBeGreaterThan(5);
    expect(refused).toBeGreaterThan(2);
  });
});

(there ? describe : describe.skip)('an answer', () => {
  it('comes after the sync of everything written before it', async () => {
    const { acknowledged, operations } = await shim.trace();
    let unsynced = 0;
    let answers = 0;
    for (const operation of operations) {
      if (operation === 'write /log.sqlite-wal') unsynced += 1;
      if (operation === 'sync /log.sqlite-wal') unsynced = 0;
      if (operation !== 'write /acknowledged') continue;
      answers += 1;
      expect(unsynced).toBe(0);
    }
    expect(answers).toBe(acknowledged);
    expect(operations.filter((one) => one === 'sync /log.sqlite-wal').length).toBeGreaterThanOrEqual(20);
  });
});
