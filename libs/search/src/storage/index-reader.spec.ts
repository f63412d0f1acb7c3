import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LeafId, leafId } from '@countersign/tree';
import fc from 'fast-check';
import { searchLimits } from '../limits.ts';
import { IndexReader } from './index-reader.ts';
import { IndexWriter } from './index-writer.ts';

const { partLeaves } = searchLimits;
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** An index with these rows; the leaves of each shard in one batch. */
function indexOf(rows: readonly (readonly [key: string, leaf: LeafId])[]): IndexReader {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-index-'));
  folders.push(folder);
  const path = join(folder, 'search.sqlite');
  const writer = new IndexWriter(path);
  writer.add({ shard: 1, treeId: '1', first: 0, size: 1, lastHash: new Uint8Array(32), rows });
  writer.close();
  return new IndexReader(path);
}

const leaf = fc
  .tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 0, max: 4 }), fc.integer({ min: -2, max: 2 }))
  .map(([shard, part, offset]) => leafId(shard, Math.max(0, part * partLeaves + offset)));
const key = fc.constantFrom('a', 'ab', 'b', 'ba');

describe('an index in parts', () => {
  it('finds what one list would, the highest first', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(key, leaf)),
        key,
        leaf,
        fc.integer({ min: 1, max: 8 }),
        (rows, asked, before, count) => {
          const reader = indexOf(rows);
          const all = [...new Set(rows.filter(([one]) => one === asked).map(([, id]) => id))].sort((a, b) => b - a);
          expect(reader.below(asked, before, count)).toEqual(all.filter((id) => id < before).slice(0, count));
          expect(reader.below(asked, Number.MAX_SAFE_INTEGER, count)).toEqual(all.slice(0, count));
          reader.close();
        },
      ),
      { numRuns: 60 },
    );
  });

  it('finds every leaf by a prefix, or as many rows as are asked for', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, leaf)), key, fc.integer({ min: 1, max: 8 }), (rows, prefix, count) => {
        const reader = indexOf(rows);
        const matching = rows.filter(([one]) => one.startsWith(prefix));
        const distinct = new Set(matching.map(([one, id]) => `${one} ${id}`));
        const sorted = (ids: readonly number[]): number[] => [...new Set(ids)].sort((a, b) => a - b);
        expect(sorted(reader.withPrefix(prefix, 1000))).toEqual(sorted(matching.map(([, id]) => id)));
        expect(reader.withPrefix(prefix, count)).toHaveLength(Math.min(count, distinct.size));
        reader.close();
      }),
      { numRuns: 60 },
    );
  });

  it('puts the leaves of a part together, and no others', () => {
    const ids = [0, partLeaves - 1, partLeaves, 2 * partLeaves].map((index) => leafId(1, index));
    const reader = indexOf(ids.map((id) => ['k', id]));
    expect(reader.below('k', leafId(1, partLeaves + 1), 1)).toEqual([leafId(1, partLeaves)]);
    expect(reader.below('k', leafId(1, partLeaves), 1)).toEqual([leafId(1, partLeaves - 1)]);
    expect(reader.below('k', leafId(2, 0), 10)).toEqual(ids.toReversed());
    expect(reader.below('k', 0, 10)).toEqual([]);
    reader.close();
  });
});
