import { mkdir, readdir, rename } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { copyKeyFile, fileSigner, type PublicKey } from '@countersign/crypto';
import { CountersignError } from '@countersign/errors';
import { checkKeyFile, checkpointReader, keyFile, type RekorApi, RekorLog, type RekorNotes } from '@countersign/log';
import { AnchorFile, copyTrees, lockDataFolder, openSqliteStorage, syncFolder } from '@countersign/tree';
import { dataFiles } from '../data-files.ts';
import { guardFiles } from './durable-file.ts';
import type { BackedUpShard } from './manifest.ts';
import { checkShardsIn, type StoredShard } from './stored-shards.ts';
import { isThere, refuseDatabase } from './unfinished.ts';

/** What {@link importRekor} adopts, and where to. */
export interface ImportSetup {
  readonly api: RekorApi;
  /** A folder without a log, or the one where an import of the same log was interrupted. */
  readonly data: string;
  /** The private key of a tree, by its decimal id: a PEM file. */
  readonly keyOf: (treeId: string) => string | undefined;
  /** What the key files are encrypted with; they are plain without. */
  readonly keyPassphrase?: string;
  /** What the search index finds a logged body by; undefined when nobody can say. */
  readonly indexKeys: (body: Uint8Array) => Promise<readonly string[] | undefined>;
  /** Bytes of an attestation that is taken over; none are when absent. */
  readonly attestationBytes?: number;
  /** Told how many of the log's entries are taken over. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What was adopted. */
export interface Imported {
  readonly shards: readonly BackedUpShard[];
  readonly entries: number;
  /** Of the entries that this run took over; those of an interrupted one are not counted again. */
  readonly notes: RekorNotes;
}

/**
 * Adopts a log with Rekor's API v1: its entries with their times, its tree ids, names and keys, so that it goes on as the log it
 * is. Each entry is signed by the log, and all of them are the tree whose root the log signed, or nothing comes of it.
 * The database takes its place last, by one rename; an import that was interrupted is run again, and goes on.
 *
 * @throws `ERR_SIGNER` when a key is not the log's; `ERR_ENTRY_MISMATCH`, `ERR_ENTRY_NOT_FOUND`, `ERR_SIGNATURE_INVALID`,
 * `ERR_TREE_CORRUPT` when the log does not hold together; `ERR_STORAGE` when there is a log in the folder, or the beginning of
 * another; `ERR_DATA_LOCKED`; what the API refuses with
 */
export async function importRekor({
  api,
  data,
  keyOf,
  keyPassphrase,
  indexKeys,
  attestationBytes,
  onProgress,
}: ImportSetup): Promise<Imported> {
  return guardFiles(`the import into ${data} failed`, async () => {
    await mkdir(data, { recursive: true, mode: 0o700 });
    const lock = lockDataFolder(data);
    try {
      const files = dataFiles(data);
      refuseDatabase(files.log);
      await refuseAnchors(data);
      const keyPath = (treeId: string): string => {
        const path = keyOf(treeId);
        if (path !== undefined) return path;
        throw new CountersignError(
          'ERR_SIGNER',
          `no key is given for tree ${treeId}: name it with --key ${treeId}=FILE`,
        );
      };
      const publicKeyOf = async (treeId: string): Promise<PublicKey> => {
        const options = {
          algorithm: 'ecdsa-p256',
          create: false,
          ...(keyPassphrase && { passphrase: keyPassphrase }),
        } as const;
        return (await fileSigner(keyPath(treeId), options)).publicKey;
      };
      const log = await RekorLog.open({ api, keyOf: publicKeyOf, indexKeys, attestationBytes });
      const { entries, shards } = await copyInto(files.copying, log, onProgress);

      await mkdir(files.keys, { recursive: true, mode: 0o700 });
      for (const { record } of shards) {
        const path = keyFile(files.keys, record.treeId);
        if (isThere(path)) await checkKeyFile(path, record, keyPassphrase);
        else await copyKeyFile(keyPath(record.treeId), path);
      }
      await rename(files.copying, files.log);
      await syncFolder(data);
      await syncFolder(dirname(resolve(data)));
      await anchor(data, shards);
      return { shards: shards.map(({ backedUp }) => backedUp), entries, notes: log.notes };
    } finally {
      lock.release();
    }
  });
}

async function copyInto(
  path: string,
  log: RekorLog,
  onProgress: ImportSetup['onProgress'],
): Promise<{ readonly entries: number; readonly shards: readonly StoredShard[] }> {
  const to = await openSqliteStorage(path);
  try {
    const copy = { from: log.source, to, readCheckpoint: checkpointReader, ...(onProgress && { onProgress }) };
    const entries = await copyTrees(copy);
    return { entries, shards: await checkShardsIn(to, path) };
  } finally {
    await to.close();
  }
}

/** Anchors are of a log that was here: to be looked at before another one takes the folder. */
async function refuseAnchors(data: string): Promise<void> {
  const folder = join(data, 'anchors');
  if (!isThere(folder) || (await readdir(folder)).length === 0) return;
  throw new CountersignError('ERR_STORAGE', `${folder} tells of a log that was in ${data}: name a folder of its own`);
}

async function anchor(data: string, shards: readonly StoredShard[]): Promise<void> {
  for (const { backedUp } of shards) {
    const file = new AnchorFile(data, backedUp.id, {
      warn: (message, cause) => {
        throw new CountersignError('ERR_STORAGE', message, { cause });
      },
    });
    file.record(backedUp.checkpoint);
    await file.flush();
  }
}
