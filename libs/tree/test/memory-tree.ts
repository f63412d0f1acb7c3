import { leafHash, treeSize } from '@countersign/merkle';
import { rootAt } from '../src/anchor-check.ts';
import { RightEdge } from '../src/right-edge.ts';
import { type ShardRecord, type Snapshot, shardIndex } from '../src/shard.ts';
import type { StoredLeaf, TreeReader } from '../src/storage.ts';
import { TileReader } from '../src/tile-reader.ts';
import { leafData, shard, signCheckpoint } from './fixture.ts';

/** A tree without a disk: what publishing sees of one. */
export class MemoryTree {
  readonly shard: ShardRecord = shard;
  readonly leaves: Uint8Array[] = [];
  readonly tiles = new Map<string, Uint8Array>();
  state: { readonly edge: RightEdge; readonly snapshot: Snapshot };

  private constructor(checkpoint: string) {
    const edge = RightEdge.empty;
    this.state = { edge, snapshot: { size: treeSize(0), root: edge.root(), checkpoint } };
  }

  static async of(size: number): Promise<MemoryTree> {
    const tree = new MemoryTree(await signCheckpoint(0, RightEdge.empty.root()));
    await tree.grow(size);
    return tree;
  }

  /** Commits test leaves up to this size, or these. */
  async grow(size: number, data = leafData): Promise<void> {
    const added = Array.from({ length: size - this.leaves.length }, (_, at) => data(this.leaves.length + at));
    const { edge, full } = this.state.edge.extend(added.map(leafHash));
    this.leaves.push(...added);
    for (const { level, index, nodes } of full) this.tiles.set(`${level}/${index}`, nodes);
    const root = edge.root();
    this.state = { edge, snapshot: { size: treeSize(size), root, checkpoint: await signCheckpoint(size, root) } };
  }

  readonly reader: Pick<TreeReader, 'leaves' | 'tile'> = {
    tile: async (_, level, index) => this.tiles.get(`${level}/${index}`),
    leaves: async (_, from, count) =>
      this.leaves
        .slice(from, from + count)
        .map((data, at) => ({ index: shardIndex(from + at), data }) as unknown as StoredLeaf),
  };

  rootAt(size: number) {
    return rootAt(size, this.state.edge, new TileReader(this.reader, shard.id, 4));
  }
}
