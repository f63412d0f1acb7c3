import { type LeafId, leafId } from '@countersign/tree';
import { mergeLeaves } from './leaf-source.ts';
import { searchLimits } from './limits.ts';

/** Bytes that a key and an entry take beside the key's text, roughly. */
const overheadBytes = 96;

/** The limits of `searchLimits` that a tail has. */
export type TailLimits = Readonly<Record<'segmentLeaves' | 'tailBytes', number>>;

interface Segment {
  readonly start: number;
  end: number;
  bytes: number;
  /** The leaves of each key, the lowest first. */
  readonly keys: Map<string, LeafId[]>;
}

/**
 * The newest leaves of one shard by their keys, in memory: those from {@link start} to {@link end}, without a gap.
 * It lets the oldest go when it is over its limit.
 */
export class Tail {
  readonly #shard: number;
  readonly #limits: TailLimits;
  /** The oldest first. */
  readonly #segments: Segment[] = [];
  #end: number;
  #bytes = 0;

  /** @param start the index of the first leaf that will be added */
  constructor(shard: number, start: number, limits: TailLimits = searchLimits) {
    this.#shard = shard;
    this.#limits = limits;
    this.#end = start;
  }

  /** The index of the first leaf that is here. */
  get start(): number {
    return this.#segments[0]?.start ?? this.#end;
  }

  /** The index past the last leaf. */
  get end(): number {
    return this.#end;
  }

  /** Adds the leaf at {@link end}. */
  add(keys: readonly string[]): void {
    const segment = this.#open();
    const leaf = leafId(this.#shard, this.#end);
    let bytes = overheadBytes;
    for (const key of keys) {
      const leaves = segment.keys.get(key);
      if (leaves === undefined) segment.keys.set(key, [leaf]);
      else leaves.push(leaf);
      bytes += key.length + overheadBytes;
    }
    this.#end += 1;
    segment.end = this.#end;
    segment.bytes += bytes;
    this.#bytes += bytes;
    while (this.#bytes > this.#limits.tailBytes) this.#dropOldest();
  }

  /** Lets go of leaves below `index`, as far as they are apart from the others. */
  dropBelow(index: number): void {
    for (let [oldest] = this.#segments; oldest !== undefined && oldest.end <= index; [oldest] = this.#segments) {
      this.#dropOldest();
    }
  }

  /** Up to `count` leaves of a key below `before`, the highest first. */
  below(key: string, before: number, count: number): readonly LeafId[] {
    const found: LeafId[] = [];
    for (let at = this.#segments.length - 1; at >= 0 && found.length < count; at -= 1) {
      const leaves = this.#segments[at]?.keys.get(key);
      if (leaves === undefined) continue;
      const end = countBelow(leaves, before);
      for (let i = end - 1; i >= 0 && found.length < count; i -= 1) found.push(leaves[i] as LeafId);
    }
    return found;
  }

  /** The leaves of every key that starts with `prefix`, the highest first; undefined when there are over `rows`. */
  withPrefix(prefix: string, rows: number): readonly LeafId[] | undefined {
    const lists: LeafId[][] = [];
    let room = rows;
    for (const { keys } of this.#segments) {
      for (const [key, leaves] of keys) {
        if (!key.startsWith(prefix)) continue;
        room -= leaves.length;
        if (room < 0) return undefined;
        lists.push(leaves.toReversed());
      }
    }
    return mergeLeaves(lists, rows);
  }

  #open(): Segment {
    const last = this.#segments.at(-1);
    const { segmentLeaves, tailBytes } = this.#limits;
    if (last !== undefined && last.end - last.start < segmentLeaves && last.bytes < tailBytes / 8) return last;
    const segment: Segment = { start: this.#end, end: this.#end, bytes: 0, keys: new Map() };
    this.#segments.push(segment);
    return segment;
  }

  #dropOldest(): void {
    this.#bytes -= this.#segments.shift()?.bytes ?? 0;
  }
}

/** How many of the leaves, the lowest first, are below `before`. */
function countBelow(leaves: readonly LeafId[], before: number): number {
  let [low, high] = [0, leaves.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((leaves[middle] as number) < before) low = middle + 1;
    else high = middle;
  }
  return low;
}
