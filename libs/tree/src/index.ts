export { AnchorFile, type AnchorOptions } from './anchor-file.ts';
export type { SignCheckpoint } from './committer.ts';
export { type CopySetup, copyTrees } from './copy-trees.ts';
export { type DataLock, lockDataFolder } from './data-lock.ts';
export { syncFolder, writeDurably } from './durable-file.ts';
export { type Fault, type FsckCursor, type FsckOptions, type FsckStep, fsck } from './fsck.ts';
export type { FullTile } from './full-tile.ts';
export type { Growth } from './growth.ts';
export { attachmentChecksum } from './leaf-checksum.ts';
export { indexOfLeaf, type LeafId, leafId, shardOfLeaf } from './leaf-id.ts';
export { maxShardId, maxShardLeaves, type TreeLimits, treeLimits } from './limits.ts';
export { directoryStore } from './publish/directory-store.ts';
export { type PublishLimits, publishLimits } from './publish/limits.ts';
export { Publisher, type PublisherState } from './publish/publisher.ts';
export { passingReader, readOnlyStorage } from './read-only-storage.ts';
export { openS3Store, type S3Settings } from './s3/s3-store.ts';
export type { Appended } from './sequencer.ts';
export { type ShardIndex, type ShardRecord, type Snapshot, shardIndex } from './shard.ts';
export { type Lease, leaseLimits, type SharedStorage, type Submission } from './shared-storage.ts';
export { checkSqlite } from './sqlite-check.ts';
export type { ReadCheckpoint } from './start-check.ts';
export { openTreeReader } from './storage/open-reader.ts';
export { openPostgresReader, openPostgresStorage } from './storage/postgres.ts';
export type { PostgresOptions } from './storage/postgres-storage.ts';
export { backupSqlite } from './storage/sqlite-backup.ts';
export { openSqliteReader, openSqliteStorage } from './storage/sqlite-storage.ts';
export type {
  CommitBatch,
  LeafAnnex,
  LeafHead,
  NewLeaf,
  StoredAttachment,
  StoredLeaf,
  TreeReader,
  TreeStorage,
} from './storage.ts';
export { checkStoredTree, type StoredTree } from './stored-tree.ts';
export { type AppendRequest, Tree, type TreeOptions } from './tree.ts';
