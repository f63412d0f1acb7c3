import { equalBytes, toHex } from '@countersign/encoding';
import { rolledBack } from './anchor-check.ts';
import type { TreeState } from './committer.ts';
import { corrupt } from './corrupt.ts';
import type { Growth } from './growth.ts';
import type { TreeLimits } from './limits.ts';
import type { RightEdge } from './right-edge.ts';
import { checkCheckpoint, type ReadCheckpoint } from './start-check.ts';
import type { LeafHead, TreeReader } from './storage.ts';

/** A tree that another process has extended. */
export interface CaughtUp {
  readonly state: TreeState;
  readonly growth: Growth;
}

/**
 * Reads what another process has committed to a shard: its newest checkpoint, and the hash of every leaf up to it,
 * which must lead from the tree known here to the root that was signed. So whoever follows is a witness of the process
 * that writes. Undefined when there is nothing new.
 *
 * Throws `ERR_TREE_CORRUPT` when leaves and checkpoint contradict each other, and `ERR_TREE_ROLLED_BACK` when the stored
 * tree does not extend the one known here.
 */
export async function readAhead(
  storage: TreeReader,
  shard: number,
  { edge, snapshot, lastTime }: TreeState,
  readCheckpoint: ReadCheckpoint,
  limits: TreeLimits,
): Promise<CaughtUp | undefined> {
  const stored = await storage.latest(shard);
  if (stored?.checkpoint === snapshot.checkpoint) return undefined;
  if (stored === undefined || stored.size < edge.size) {
    throw rolledBack(shard, `has ${stored?.size ?? 'no'} entries, but ${edge.size} were signed`, {
      expected: edge.size,
      found: stored?.size ?? 0,
    });
  }
  checkCheckpoint(shard, stored, readCheckpoint);
  const isTold = stored.size - edge.size <= limits.toldLeaves;
  const ahead = new Ahead(storage, shard, stored.size, limits);
  const [{ edge: next, heads }, annexes] = await Promise.all([
    isTold ? ahead.tell(edge) : ahead.extend(edge),
    isTold ? ahead.annexes(edge.size) : undefined,
  ]);
  if (!equalBytes(next.root(), stored.root)) {
    throw rolledBack(shard, `of ${stored.size} entries does not extend the one of ${edge.size} that was signed`, {
      expected: toHex(next.root()),
      found: toHex(stored.root),
    });
  }
  const leaves = annexes === undefined ? [] : heads.map((head, offset) => ({ ...head, annex: annexes[offset] }));
  return {
    state: { edge: next, snapshot: stored, lastTime: heads.at(-1)?.integratedTime ?? lastTime },
    growth: { shard, first: stored.size - leaves.length, leaves, snapshot: stored },
  };
}

/** Reads of a shard up to a size that was signed. */
class Ahead {
  readonly #storage: TreeReader;
  readonly #shard: number;
  readonly #size: number;
  readonly #limits: TreeLimits;

  constructor(storage: TreeReader, shard: number, size: number, limits: TreeLimits) {
    this.#storage = storage;
    this.#shard = shard;
    this.#size = size;
    this.#limits = limits;
  }

  /** Goes on from an edge, leaf by leaf. */
  async tell(from: RightEdge): Promise<Extended> {
    const heads: LeafHead[] = [];
    while (from.size + heads.length < this.#size) {
      const next = from.size + heads.length;
      const count = Math.min(this.#limits.stepLeaves, this.#size - next);
      const step = await this.#storage.leafHeads(
        this.#shard,
        Array.from({ length: count }, (_, offset) => next + offset),
      );
      if (step.length < count) throw corrupt(this.#shard, `a leaf from ${next} on is missing`);
      heads.push(...step);
    }
    return { edge: from.extend(heads.map(({ hash }) => hash)).edge, heads };
  }

  /** Goes on from an edge in steps, and keeps no more than the last leaf: what is held does not grow with the way. */
  async extend(from: RightEdge): Promise<Extended> {
    let edge = from;
    while (edge.size < this.#size) {
      const count = Math.min(this.#limits.stepLeaves, this.#size - edge.size);
      const step = await this.#storage.leafHashes(this.#shard, edge.size, count);
      if (step.length < count) throw corrupt(this.#shard, `a leaf from ${edge.size} on is missing`);
      edge = edge.extend(step).edge;
    }
    return { edge, heads: await this.#storage.leafHeads(this.#shard, [this.#size - 1]) };
  }

  /** Undefined when there are too many bytes of them to be told. */
  async annexes(from: number): Promise<(Uint8Array | undefined)[] | undefined> {
    const annexes: (Uint8Array | undefined)[] = [];
    let room = this.#limits.toldBytes;
    while (from + annexes.length < this.#size) {
      const next = from + annexes.length;
      const step = await this.#storage.annexes(this.#shard, next, this.#size - next, this.#limits.stepBytes);
      if (step.length === 0) throw corrupt(this.#shard, `leaf ${next} is missing`);
      for (const { annex } of step) {
        room -= annex?.length ?? 0;
        annexes.push(annex);
      }
      if (room < 0) return undefined;
    }
    return annexes;
  }
}

interface Extended {
  readonly edge: RightEdge;
  readonly heads: readonly LeafHead[];
}
