import { killWhileAppending } from '../../libs/tree/test/kills.ts';
import { describeWithPostgres, sharedServer } from '../../libs/tree/test/postgres-fixture.ts';

describeWithPostgres('a process that is killed a hundred times while it appends to PostgreSQL', () => {
  it('loses nothing it acknowledged and contradicts no checkpoint', async () => {
    const server = await sharedServer();
    await killWhileAppending(100, server.url(await server.createDatabase()));
  }, 1_200_000);
});
