import { FaultShim, scenarios } from '../faults/faults.ts';

const shim = new FaultShim();
const there = await shim.make();
afterAll(() => shim.remove());

(there ? describe : describe.skip)('every write of the tree, failing in every way', () => {
  it.each(scenarios)('%s', async (scenario) => {
    const { operations, cases, fired, failures } = await shim.matrix(scenario, 'all');
    process.stderr.write(`${scenario}: ${operations} operations, ${cases} cases, ${fired} with a fault\n`);
    expect(failures).toEqual([]);
    expect(cases).toBe(operations * 8);
  }, 600_000);
});
