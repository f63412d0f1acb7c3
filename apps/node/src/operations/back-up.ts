import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CountersignError } from '@countersign/errors';
import { keyFile } from '@countersign/log';
import { backupSqlite, syncFolder, writeDurably } from '@countersign/tree';
import { dataFiles } from '../data-files.ts';
import { refuseDatabase } from '../log-location.ts';
import { version } from '../version.ts';
import { copyDurably, digestFile, type FileDigest, guardFiles } from './durable-file.ts';
import { backupFiles, type Manifest } from './manifest.ts';
import { lookAtKey } from './shard-key.ts';
import { checkShards } from './stored-shards.ts';

/** What {@link backUp} copies, and how. */
export interface BackupSetup {
  /** The data folder. A node may run on it. */
  readonly data: string;
  /** Refused: a database is backed up by itself. */
  readonly database?: string;
  /** The backup's folder: new, or empty. */
  readonly to: string;
  /** Whether private keys are copied, as they are: encrypted or not. */
  readonly withKeys: boolean;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/**
 * Makes a backup: the log as it is at one moment, and its keys. Each tree of the copy is checked as at a start, and
 * everything is on disk before the manifest is written, last: a folder without one is no backup. Anchors are left out, or
 * a backup would vouch for itself; so is the search index, which is made again.
 *
 * @throws `ERR_CONFIG_INVALID` when the folder has something in it; `ERR_STORAGE` when there is no log or the disk fails;
 * `ERR_TREE_CORRUPT` when the log is damaged; `ERR_SIGNER` when a key is missing
 */
export async function backUp({ data, database, to, withKeys, clock = Date.now }: BackupSetup): Promise<Manifest> {
  refuseDatabase({ data, ...(database && { database }) }, 'backup');
  const source = dataFiles(data);
  if (!existsSync(source.log)) throw new CountersignError('ERR_STORAGE', `there is no log in ${data}`);
  return guardFiles(`the backup to ${to} failed`, async () => {
    const made = await makeFolder(to);
    try {
      const files: Record<string, FileDigest> = {};
      const copy = join(to, backupFiles.log);
      backupSqlite(source.log, copy);
      const shards = await checkShards(copy);
      files[backupFiles.log] = await digestFile(copy);
      if (withKeys) {
        const keys = join(to, backupFiles.keys);
        await mkdir(keys, { mode: 0o700 });
        for (const { record } of shards) {
          const path = keyFile(source.keys, record.treeId);
          const { problem } = await lookAtKey(path, record);
          if (problem !== undefined) {
            throw new CountersignError(
              'ERR_SIGNER',
              `${problem}. Put it back, or leave the keys out with --without-keys`,
            );
          }
          const name = basename(path);
          files[`${backupFiles.keys}/${name}`] = await copyDurably(path, join(keys, name));
        }
        await syncFolder(keys);
      }
      await syncFolder(to);
      const manifest: Manifest = {
        format: 1,
        createdAt: new Date(clock()).toISOString(),
        version,
        shards: shards.map(({ backedUp }) => backedUp),
        files,
      };
      await writeDurably(join(to, backupFiles.manifest), `${JSON.stringify(manifest, null, 2)}\n`);
      await syncFolder(dirname(resolve(to)));
      return manifest;
    } catch (error) {
      // Only what was made here: the folder was empty before.
      for (const name of Object.values(backupFiles)) await rm(join(to, name), { recursive: true, force: true });
      if (made) await rm(to, { recursive: true, force: true });
      throw error;
    }
  });
}

/** Makes the folder, or takes an empty one; tells whether it was made. */
async function makeFolder(to: string): Promise<boolean> {
  if ((await mkdir(to, { recursive: true, mode: 0o700 })) !== undefined) return true;
  if ((await readdir(to)).length > 0) {
    throw new CountersignError('ERR_CONFIG_INVALID', `${to} is not empty: a backup goes into a new folder`);
  }
  await chmod(to, 0o700);
  return false;
}
