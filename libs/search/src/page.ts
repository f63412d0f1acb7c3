import type { LeafId } from '@countersign/tree';
import { type LeafSource, mergeLeaves } from './leaf-source.ts';
import { searchLimits } from './limits.ts';

/** Leaves that a query finds, the highest first. */
export interface LeafPage {
  readonly leaves: readonly LeafId[];
  /** The other results are below this leaf; undefined when there are none. */
  readonly next: LeafId | undefined;
}

/** The leaves below `before` that any of the sources has, at most `limit`. */
export function unionPage(sources: readonly LeafSource[], limit: number, before: number): LeafPage {
  // The highest of all are among the highest of each.
  const found = mergeLeaves(
    sources.map((source) => source.below(before, limit + 1)),
    limit + 1,
  );
  const leaves = found.slice(0, limit);
  return { leaves, next: found.length > limit ? leaves.at(-1) : undefined };
}

/**
 * The leaves below `before` that all of the sources have, at most `limit`. Each source is asked for its highest leaf
 * that is not above the lowest one heard so far, until all name the same. The page may be short, with `next`, after
 * as many questions as {@link searchLimits} allows.
 */
export function intersectionPage(
  sources: readonly LeafSource[],
  limit: number,
  before: number,
  maxSteps: number = searchLimits.intersectionSteps,
): LeafPage {
  const cursors = sources.map((source) => new Cursor(source));
  const leaves: LeafId[] = [];
  let candidate = before - 1;
  let agreed = 0;
  for (let step = 0; step < maxSteps; step += 1) {
    const found = cursors[step % cursors.length]?.atMost(candidate);
    if (found === undefined) return { leaves, next: undefined };
    agreed = found === candidate ? agreed + 1 : 1;
    candidate = found;
    if (agreed < cursors.length) continue;
    if (leaves.length === limit) return { leaves, next: leaves.at(-1) };
    leaves.push(found);
    candidate -= 1;
    agreed = 0;
  }
  return { leaves, next: (candidate + 1) as LeafId };
}

/** Goes down a source, some leaves ahead. */
class Cursor {
  readonly #source: LeafSource;
  #ahead: readonly LeafId[] = [];
  #at = 0;

  constructor(source: LeafSource) {
    this.#source = source;
  }

  /** The highest leaf that is not above `bound`, which never grows. */
  atMost(bound: number): LeafId | undefined {
    for (; this.#at < this.#ahead.length; this.#at += 1) {
      const leaf = this.#ahead[this.#at];
      if (leaf !== undefined && leaf <= bound) return leaf;
    }
    this.#ahead = this.#source.below(bound + 1, searchLimits.intersectionChunk);
    this.#at = 0;
    return this.#ahead[0];
  }
}
