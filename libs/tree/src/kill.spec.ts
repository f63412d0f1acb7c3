import { killWhileAppending } from '../test/kills.ts';
import { describeWithPostgres, sharedServer } from '../test/postgres-fixture.ts';

describe('a process that is killed while it appends', () => {
  it('loses nothing it acknowledged and contradicts no checkpoint', () => killWhileAppending(5));
});

describeWithPostgres('a process that is killed while it appends to PostgreSQL', () => {
  it('loses nothing it acknowledged and contradicts no checkpoint', async () => {
    const server = await sharedServer();
    await killWhileAppending(4, server.url(await server.createDatabase()));
  });
});
