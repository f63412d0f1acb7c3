import { rmSync } from 'node:fs';
import { describeWithClients } from './support/clients.ts';
import { uploadMany } from './support/entries.ts';
import { countersignCli, rekorCli } from './support/log-client.ts';
import { startLog, temporaryFolder } from './support/log-under-test.ts';

const EMPTY_ROOT = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

describeWithClients('loginfo on a new log', () => {
  it.each([
    { what: 'with entry 0', flags: [], size: 1, root: expect.not.stringMatching(EMPTY_ROOT) },
    { what: 'without entry 0', flags: ['--no-entry-zero'], size: 0, root: EMPTY_ROOT },
  ])('works $what, and on what follows', async ({ flags, size, root }) => {
    const log = await startLog({ flags });
    const homes = [temporaryFolder(), temporaryFolder()] as const;
    const clients = [rekorCli(log.url, homes[0]), countersignCli(log.url, homes[1])];
    try {
      const seen = [];
      for (const client of clients) {
        expect(await client.text('loginfo')).toMatch(/^Verification Successful!\nActive Tree Size: +\d+\n/);
        seen.push(await client.json('loginfo'));
      }
      expect(seen[0]).toEqual({
        ActiveTreeSize: size,
        TotalTreeSize: size,
        RootHash: root,
        TreeID: expect.any(String),
      });
      expect(seen[1]).toEqual(seen[0]);
      await uploadMany(log.url, 3);
      for (const client of clients) expect(await client.json('loginfo')).toMatchObject({ ActiveTreeSize: size + 3 });
    } finally {
      await log.close();
      for (const home of homes) rmSync(home, { recursive: true });
    }
  });
});
