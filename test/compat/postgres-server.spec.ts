import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgresReader, openPostgresStorage } from '@countersign/tree';
import { findPostgres, PostgresServer } from '../../libs/tree/test/postgres-server.ts';
import { fillDisk, SmallDisk } from '../faults/postgres-full-disk.ts';
import { openTree, refusedWithCode, shardOf, Told } from '../faults/told.ts';

const there = findPostgres() !== undefined;
const disk = there ? SmallDisk.mount() : undefined;
afterAll(() => disk?.unmount());

(disk === undefined ? it.skip : it)(
  'what was acknowledged outlives a disk that is full, and then free again',
  async () => {
    if (disk === undefined) return;
    const rounds = 12;
    const { refused, restarts } = await fillDisk(disk, rounds);
    process.stderr.write(
      `full disk: ${rounds} times, ${refused} with refusals, ${restarts} in which the server ended\n`,
    );
    expect(refused).toBeGreaterThan(rounds / 2);
  },
  600_000,
);

(there ? it : it.skip)(
  'what was acknowledged outlives a server that is killed while it works',
  async () => {
    const server = await PostgresServer.start();
    const folder = mkdtempSync(join(tmpdir(), 'countersign-anchor-'));
    const url = server.url(await server.createDatabase());
    const shard = shardOf(1);
    const told = new Told();
    const storage = await openPostgresStorage({ url });
    const reader = await openPostgresReader({ url });
    try {
      await storage.takeLease('killed');
      await storage.createShard(shard);
      for (let kill = 0; kill < 20; kill += 1) {
        const tree = await openTree(storage, shard, folder);
        await told.check(tree, reader);
        const enough = told.leaves.size + 10 + 13 * kill;
        let killed: Promise<void> | undefined;
        const append = async (): Promise<void> => {
          while (killed === undefined) {
            await told.append(tree, 1);
            if (told.leaves.size >= enough) killed ??= server.kill();
          }
        };
        await Promise.all(Array.from({ length: 16 }, append));
        await killed;
        await tree.close().catch(refusedWithCode);
        await server.restart();
      }
      const tree = await openTree(storage, shard, folder);
      await told.check(tree, reader);
      await tree.close();
      process.stderr.write(`killed server: 20 times, ${told.leaves.size} entries acknowledged, none lost\n`);
    } finally {
      await storage.close();
      await reader.close();
      await server.stop();
      rmSync(folder, { recursive: true });
    }
  },
  600_000,
);
