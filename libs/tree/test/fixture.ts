import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AnchorFile } from '../src/anchor-file.ts';
import type { ShardRecord } from '../src/shard.ts';
import type { SharedStorage } from '../src/shared-storage.ts';
import { openPostgresStorage } from '../src/storage/postgres-storage.ts';
import { openSqliteStorage } from '../src/storage/sqlite-storage.ts';
import type { TreeStorage } from '../src/storage.ts';
import { Tree, type TreeOptions } from '../src/tree.ts';

export { naiveRoot, naiveRootOfHashes } from '../src/testing/naive-root.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new empty folder, removed after the file's tests. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-tree-'));
  folders.push(folder);
  return folder;
}

export const shard: ShardRecord = {
  id: 1,
  kind: 'rekor-v1',
  treeId: '4711',
  origin: 'log.test - 4711',
  publicKey: new Uint8Array([1, 2, 3]),
  state: 'active',
  createdAt: 1_700_000_000,
};

/** Stands for signing: a seal that nothing but the same size and root has. */
export async function signCheckpoint(size: number, root: Uint8Array): Promise<string> {
  const body = `${shard.origin}\n${size}\n${Buffer.from(root).toString('base64')}\n`;
  return `${body}\n— log.test ${createHash('sha256').update('secret').update(body).digest('base64')}\n`;
}

const sealed = /^log\.test - 4711\n(\d+)\n(.{44})\n\n— log\.test (.{44})\n$/;

export function readCheckpoint(checkpoint: string): { size: number; root: Uint8Array } {
  const [, size, root, seal] = sealed.exec(checkpoint) ?? [];
  const body = `${shard.origin}\n${size}\n${root}\n`;
  if (createHash('sha256').update('secret').update(body).digest('base64') !== seal)
    throw new Error('the seal is broken');
  return { size: Number(size), root: Buffer.from(root ?? '', 'base64') };
}

export interface Opened {
  readonly tree: Tree;
  readonly storage: TreeStorage;
  readonly anchor: AnchorFile;
  readonly warnings: string[];
  close(): Promise<void>;
}

/**
 * Opens the tree in a folder, as a node does, or on the PostgreSQL database at `url` with its anchor in the folder.
 * `wrap` may put something between tree and storage.
 */
export async function openTreeIn(
  folder: string,
  options: Partial<TreeOptions> & {
    readonly wrap?: (storage: TreeStorage) => TreeStorage;
    readonly url?: string;
  } = {},
): Promise<Opened> {
  const { wrap, url, ...given } = options;
  const database = url === undefined ? await openSqliteStorage(join(folder, 'log.db')) : await openHeld(url);
  const warnings: string[] = [];
  const anchor = new AnchorFile(folder, shard.id, { warn: (message) => warnings.push(message), intervalMs: 0 });
  try {
    if ((await database.shards()).length === 0) await database.createShard(shard);
    const storage = wrap?.(database) ?? database;
    const tree = await Tree.open({
      storage,
      shard,
      signCheckpoint,
      readCheckpoint,
      anchor,
      clock: () => 1_700_000_000_000,
      ...given,
    });
    const close = async (): Promise<void> => {
      await tree.close();
      await database.close();
    };
    return { tree, storage, anchor, warnings, close };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** Opens the PostgreSQL database at `url` as the one that writes. */
export async function openHeld(url: string): Promise<SharedStorage> {
  const storage = await openPostgresStorage({ url });
  if ((await storage.takeLease('test')) === undefined) throw new Error('the lease is not free');
  return storage;
}

/** The bytes of test leaf `n`. */
export function leafData(n: number): Uint8Array {
  return new TextEncoder().encode(`leaf ${n}`);
}

/** Appends leaves `from` to `to` (exclusive), all at once, and checks that each came to its place. */
export async function appendLeaves(tree: Tree, from: number, to: number): Promise<void> {
  const appended = await Promise.all(
    Array.from({ length: to - from }, (_, offset) => tree.append({ data: leafData(from + offset) })),
  );
  expect(appended.map(({ index }) => index as number)).toEqual(appended.map((_, offset) => from + offset));
}
