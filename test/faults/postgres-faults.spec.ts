import { findPostgres, PostgresServer } from '../../libs/tree/test/postgres-server.ts';
import { PostgresFaults, postgresScenarios } from './postgres-faults.ts';

(findPostgres() === undefined ? describe.skip : describe)('a network that fails on the way to the database', () => {
  it.each(
    postgresScenarios,
  )('loses nothing acknowledged, gives no index twice and contradicts no checkpoint: %s', async (scenario) => {
    const server = await PostgresServer.start();
    const faults = await PostgresFaults.start(server);
    try {
      const { operations, cases, fired, failures } = await faults.matrix(scenario, 5);
      expect(failures).toEqual([]);
      expect(operations).toBeGreaterThan(15);
      expect(fired).toBeGreaterThan(cases * 0.8);
    } finally {
      await faults.stop();
      await server.stop();
    }
  }, 120_000);
});
