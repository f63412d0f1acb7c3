import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgresReader, openPostgresStorage } from '@countersign/tree';
import { PostgresServer } from '../../libs/tree/test/postgres-server.ts';
import { openTree, refusedWithCode, shardOf, Told } from './told.ts';

/** A small file system in memory: the disk of a server that is to be filled. */
export class SmallDisk {
  readonly path = mkdtempSync(join(tmpdir(), 'countersign-disk-'));

  /** Bytes of the disk. The server's own files take about half. */
  static readonly bytes = 160 * 1024 * 1024;

  /** Mounts one; undefined where that is not allowed. */
  static mount(): SmallDisk | undefined {
    const disk = new SmallDisk();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SmallDisk.bytes}`, 'tmpfs', disk.path], { stdio: 'ignore' });
      chmodSync(disk.path, 0o777);
      return disk;
    } catch {
      rmSync(disk.path, { recursive: true });
      return undefined;
    }
  }

  /** Fills all but `left` bytes. */
  fill(left: number): void {
    const { bavail, bsize } = statfsSync(this.path);
    try {
      writeFileSync(join(this.path, 'filler'), Buffer.alloc(Math.max(0, bavail * bsize - left)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }

  /** Takes away what {@link fill} wrote. */
  free(): void {
    rmSync(join(this.path, 'filler'), { force: true });
  }

  unmount(): void {
    execFileSync('umount', ['-l', this.path]);
    rmSync(this.path, { recursive: true });
  }
}

/** Lets the disk of a server be full, again and again with other room left, and free again: says how often the log refused. */
export async function fillDisk(disk: SmallDisk, rounds: number): Promise<{ refused: number; restarts: number }> {
  // Little space is kept for the write-ahead log, so that it is what runs out as often as the tables.
  const settings = ['min_wal_size=4MB', 'max_wal_size=6MB', 'shared_buffers=16MB'];
  const server = await PostgresServer.start(settings, disk.path);
  const folder = mkdtempSync(join(tmpdir(), 'countersign-anchor-'));
  const url = server.url(await server.createDatabase());
  const shard = shardOf(1);
  const told = new Told();
  let [refused, restarts] = [0, 0];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const storage = await openPostgresStorage({ url });
      await storage.takeLease('full');
      if (round === 0) await storage.createShard(shard);
      const tree = await openTree(storage, shard, folder);
      await told.append(tree, 5);
      const before = told.leaves.size;
      disk.fill(round * 8192);
      for (let commit = 0; commit < 12; commit += 1) await told.append(tree, 4, 20_000);
      if (told.leaves.size < before + 48) refused += 1;
      disk.free();
      await tree.close().catch(refusedWithCode);
      await storage.close();
      // A write-ahead log that cannot go on ends the server, which may have come back by itself.
      const alive = await server.query('postgres', 'SELECT 1').then(
        () => true,
        () => false,
      );
      if (!alive) {
        await server.restart(settings);
        restarts += 1;
      }
      const [again, reader] = [await openPostgresStorage({ url }), await openPostgresReader({ url })];
      await again.takeLease('full');
      const reopened = await openTree(again, shard, folder);
      await told.check(reopened, reader);
      const { size } = reopened.snapshot;
      await told.append(reopened, 1);
      if (reopened.snapshot.size !== size + 1) throw new Error('it does not go on');
      await reopened.close();
      await again.close();
      await reader.close();
    }
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true });
  }
  return { refused, restarts };
}
