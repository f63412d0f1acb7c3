import { findPostgres, PostgresServer } from '../../libs/tree/test/postgres-server.ts';
import { PostgresFaults, postgresScenarios } from '../faults/postgres-faults.ts';

(findPostgres() === undefined ? describe.skip : describe)('every message to the database, failing in every way', () => {
  it.each(postgresScenarios)('%s', async (scenario) => {
    const server = await PostgresServer.start();
    const faults = await PostgresFaults.start(server);
    try {
      const { operations, cases, fired, failures } = await faults.matrix(scenario);
      process.stderr.write(`${scenario}: ${operations} messages, ${cases} cases, ${fired} with a fault\n`);
      expect(failures).toEqual([]);
      expect(cases).toBe(operations * 7);
      expect(fired).toBeGreaterThan(cases * 0.9);
    } finally {
      await faults.stop();
      await server.stop();
    }
  }, 1_200_000);
});
