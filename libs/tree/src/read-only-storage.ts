import { CountersignError } from '@countersign/errors';
import type { TreeReader, TreeStorage } from './storage.ts';

/** A reader that passes everything on to another: to be spread where one method is to do something else. */
export function passingReader(reader: TreeReader): TreeReader {
  return {
    shards: () => reader.shards(),
    latest: (shard) => reader.latest(shard),
    leaf: (shard, index) => reader.leaf(shard, index),
    leaves: (shard, from, count) => reader.leaves(shard, from, count),
    leafHashes: (shard, from, count) => reader.leafHashes(shard, from, count),
    leafHeads: (shard, indexes) => reader.leafHeads(shard, indexes),
    annexes: (shard, from, count, bytes) => reader.annexes(shard, from, count, bytes),
    attachments: (shard, from, count) => reader.attachments(shard, from, count),
    tile: (shard, level, index) => reader.tile(shard, level, index),
    find: (shard, identity) => reader.find(shard, identity),
    close: () => reader.close(),
  };
}

/** A storage that reads and refuses every write with `ERR_NOT_AVAILABLE`. Closing it closes the reader. */
export function readOnlyStorage(reader: TreeReader): TreeStorage {
  const refuse = async (): Promise<never> => {
    throw new CountersignError('ERR_NOT_AVAILABLE', 'the log is open to be read only: nothing is stored');
  };
  return {
    ...passingReader(reader),
    createShard: refuse,
    freezeShard: refuse,
    commit: refuse,
  };
}
