import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { CountersignError } from '@countersign/errors';
import { keyFile } from '@countersign/log';
import { AnchorFile, lockDataFolder, syncFolder } from '@countersign/tree';
import { dataFiles } from '../data-files.ts';
import { refuseDatabase as refusePostgres } from '../log-location.ts';
import { copyDurably, digestFile, type FileDigest, guardFiles, readSmall } from './durable-file.ts';
import { operationLimits } from './limits.ts';
import { backupFiles, type Manifest, parseManifest } from './manifest.ts';
import { checkShards, type StoredShard } from './stored-shards.ts';
import { refuseDatabase } from './unfinished.ts';

/** What {@link restore} takes from where, and puts where. */
export interface RestoreSetup {
  /** The backup's folder. */
  readonly from: string;
  /** The data folder; no database may be in it. Its anchors are kept, and decide. */
  readonly data: string;
  /** Refused: a database is restored by itself. */
  readonly database?: string;
}

/** What was restored. */
export interface Restored {
  readonly manifest: Manifest;
  /** Key files that are still to be put in their place: the backup has none, and the folder neither. */
  readonly missingKeys: readonly string[];
}

/**
 * Puts a backup into a data folder: every file is checked against the manifest, every tree as at a start, and against the
 * anchors of the folder. The database takes its place last, by one rename: until then the folder has none, and a restore
 * that broke off is simply run again.
 *
 * @throws `ERR_INPUT_UNREADABLE`, `ERR_MALFORMED`, `ERR_UNSUPPORTED` when the folder holds no backup; `ERR_STORAGE` when it is
 * damaged, or a database is in the way; `ERR_DATA_LOCKED`; `ERR_TREE_CORRUPT`; `ERR_TREE_ROLLED_BACK` when it is older than, or does
 * not extend, an anchor; `ERR_SIGNER` when the folder has other keys
 */
export async function restore({ from, data, database }: RestoreSetup): Promise<Restored> {
  refusePostgres({ data, ...(database && { database }) }, 'restore');
  const manifest = await readManifest(from);
  return guardFiles(`the restore into ${data} failed`, async () => {
    await mkdir(data, { recursive: true, mode: 0o700 });
    const lock = lockDataFolder(data);
    const files = dataFiles(data);
    const drafts = new Map<string, string>();
    try {
      refuseDatabase(files.log);
      await mkdir(files.keys, { recursive: true, mode: 0o700 });
      for (const [name, expected] of Object.entries(manifest.files)) {
        const place = name === backupFiles.log ? files.log : join(files.keys, basename(name));
        const draft = name === backupFiles.log ? files.restoring : `${place}.restoring`;
        drafts.set(place, draft);
        await copyChecked(join(from, name), draft, expected);
        if (place !== files.log) await refuseOtherKey(place, expected);
      }
      await refuseOtherAnchors(data, manifest);
      const shards = await checkShards(
        files.restoring,
        ({ id }) => new AnchorFile(data, id, { warn: () => undefined }),
      );
      checkAgainst(manifest, shards);

      // The database last: without one there is nothing that could start.
      for (const [place, draft] of [...drafts].sort(([a], [b]) => Number(a === files.log) - Number(b === files.log))) {
        if (place === files.log) await syncFolder(files.keys);
        await rename(draft, place);
      }
      await syncFolder(data);
      await syncFolder(dirname(resolve(data)));
      const keys = manifest.shards.map(({ treeId }) => keyFile(files.keys, treeId));
      return { manifest, missingKeys: keys.filter((path) => !existsSync(path)) };
    } finally {
      for (const draft of drafts.values()) await rm(draft, { force: true });
      lock.release();
    }
  });
}

async function readManifest(from: string): Promise<Manifest> {
  const path = join(from, backupFiles.manifest);
  const json = await guardFiles(`cannot read ${path}`, () => readSmall(path, operationLimits.manifestBytes));
  if (json !== undefined) return parseManifest(json, path);
  throw new CountersignError(
    'ERR_INPUT_UNREADABLE',
    `${from} is no backup: there is no ${backupFiles.manifest}. A backup that broke off has none; use another one`,
  );
}

async function copyChecked(from: string, to: string, expected: FileDigest): Promise<void> {
  if (!existsSync(from)) throw damagedBackup(`${from} is missing`);
  const { size, sha256 } = await copyDurably(from, to);
  if (size !== expected.size) throw damagedBackup(`${from} has ${size} bytes where there were ${expected.size}`);
  if (sha256 !== expected.sha256) {
    throw damagedBackup(
      `${from} is not the file that was backed up (SHA-256 expected ${expected.sha256}, found ${sha256})`,
    );
  }
}

async function refuseOtherKey(place: string, expected: FileDigest): Promise<void> {
  if (!existsSync(place) || (await digestFile(place)).sha256 === expected.sha256) return;
  throw new CountersignError(
    'ERR_SIGNER',
    `${place} is there already and is another file than the backup's: move it away if the backup's is the right one`,
  );
}

/** Tells apart what the tree's own check would call damage: anchors of another log, and of shards made since. */
async function refuseOtherAnchors(data: string, { shards, createdAt }: Manifest): Promise<void> {
  const folder = join(data, 'anchors');
  const names = existsSync(folder) ? await readdir(folder) : [];
  for (const name of names.filter((name) => /^\d+\.note$/.test(name))) {
    const path = join(folder, name);
    const shard = shards.find(({ id }) => `${id}.note` === name);
    const [origin] = (await readFile(path, 'utf8')).split('\n', 1);
    if (shard === undefined) {
      throw new CountersignError(
        'ERR_TREE_ROLLED_BACK',
        `the backup of ${createdAt} is older than shard ${origin}, of which ${path} tells: signing on would fork the log. ` +
          'Restore a newer backup (docs/operating.md, "Restore")',
      );
    }
    if (shard.origin === origin) continue;
    throw new CountersignError(
      'ERR_TREE_ROLLED_BACK',
      `the backup is of the log ${shard.origin}, and ${path} is of ${origin}: this is another log's backup, or another log's ` +
        'data folder. Name a folder of its own',
    );
  }
}

function checkAgainst(manifest: Manifest, shards: readonly StoredShard[]): void {
  const found = JSON.stringify(shards.map(({ backedUp }) => backedUp));
  const told = JSON.stringify(
    manifest.shards.map(({ id, treeId, origin, size, root, checkpoint }) => ({
      id,
      treeId,
      origin,
      size,
      root,
      checkpoint,
    })),
  );
  if (found !== told) throw damagedBackup('backup.json does not tell of the shards that are in its database');
}

function damagedBackup(what: string): CountersignError {
  return new CountersignError(
    'ERR_STORAGE',
    `the backup is damaged: ${what}. Nothing was restored; use another backup`,
  );
}
