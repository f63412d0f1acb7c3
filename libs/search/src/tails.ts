import type { LeafId } from '@countersign/tree';
import { mergeLeaves } from './leaf-source.ts';
import { searchLimits } from './limits.ts';
import { Tail, type TailLimits } from './tail.ts';

/** The newest leaves of a log, in memory: a {@link Tail} of each shard that is not indexed to its end. */
export class Tails {
  readonly #limits: TailLimits;
  /** By shard, the oldest first. */
  readonly #tails = new Map<number, Tail>();

  constructor(limits: TailLimits) {
    this.#limits = limits;
  }

  /** The tail of a shard. */
  of(shard: number): Tail | undefined {
    return this.#tails.get(shard);
  }

  /** Begins the tail of a shard, in place of the one it had. Beyond the limit the oldest is let go. */
  begin(shard: number, start: number): Tail {
    const tail = new Tail(shard, start, this.#limits);
    this.#tails.set(shard, tail);
    for (const oldest of this.#tails.keys()) {
      if (this.#tails.size <= searchLimits.tails) break;
      this.#tails.delete(oldest);
    }
    return tail;
  }

  /** Lets go of the leaves of a shard below `index`, and of its tail when nothing is left of a shard that is not the newest. */
  dropBelow(shard: number, index: number): void {
    const tail = this.#tails.get(shard);
    tail?.dropBelow(index);
    const newest = [...this.#tails.keys()].at(-1);
    if (tail?.start === tail?.end && shard !== newest) this.#tails.delete(shard);
  }

  /** Up to `count` leaves of a key below `before`, the highest first. */
  below(key: string, before: number, count: number): readonly LeafId[] {
    return mergeLeaves(
      this.#all.map((tail) => tail.below(key, before, count)),
      count,
    );
  }

  /** The leaves of every key that starts with `prefix`, the highest first; undefined when there are over `rows`. */
  withPrefix(prefix: string, rows: number): readonly LeafId[] | undefined {
    const lists: (readonly LeafId[])[] = [];
    let room = rows;
    for (const tail of this.#all) {
      const leaves = tail.withPrefix(prefix, room);
      if (leaves === undefined) return undefined;
      room -= leaves.length;
      lists.push(leaves);
    }
    return mergeLeaves(lists, rows);
  }

  get #all(): Tail[] {
    return [...this.#tails.values()];
  }
}
