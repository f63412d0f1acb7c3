import type { LeafId } from '@countersign/tree';
import fc from 'fast-check';
import { type LeafSource, listSource } from './leaf-source.ts';
import { intersectionPage, type LeafPage, unionPage } from './page.ts';

const leaf = fc.nat(60);
const list = fc.uniqueArray(leaf).map((leaves) => leaves.sort((a, b) => b - a) as LeafId[]);
const lists = fc.array(list, { minLength: 1, maxLength: 4 });

type Page = (sources: readonly LeafSource[], limit: number, before: number) => LeafPage;

/** All pages, and how many there were. */
function readAll(page: Page, sources: readonly LeafSource[], limit: number, from: number): readonly [LeafId[], number] {
  const all: LeafId[] = [];
  let before = from;
  for (let pages = 1; ; pages += 1) {
    const { leaves, next } = page(sources, limit, before);
    expect(leaves.length).toBeLessThanOrEqual(limit);
    all.push(...leaves);
    if (next === undefined) return [all, pages];
    expect(next).toBeLessThan(before);
    before = next;
  }
}

describe('pages', () => {
  it('together have what the sources have, and what all of them have', () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 1, max: 7 }), fc.nat(70), (given, limit, before) => {
        const sources = given.map(listSource);
        const below = [...Array(before).keys()].reverse();
        const any = below.filter((each) => given.some((leaves) => leaves.includes(each as LeafId)));
        const every = below.filter((each) => given.every((leaves) => leaves.includes(each as LeafId)));
        expect(readAll(unionPage, sources, limit, before)).toEqual([any, Math.max(1, Math.ceil(any.length / limit))]);
        expect(readAll(intersectionPage, sources, limit, before)).toEqual([
          every,
          Math.max(1, Math.ceil(every.length / limit)),
        ]);
      }),
    );
  });

  it('of an intersection end early rather than look for long, and go on where they ended', () => {
    fc.assert(
      fc.property(lists, fc.integer({ min: 5, max: 9 }), (given, steps) => {
        const sources = given.map(listSource);
        const short: Page = (all, limit, before) => intersectionPage(all, limit, before, steps);
        const [patient] = readAll(intersectionPage, sources, 5, 100);
        expect(readAll(short, sources, 5, 100)[0]).toEqual(patient);
      }),
    );
    const [even, odd] = [0, 1].map((rest) => listSource([...Array(50).keys()].map((n) => 100 - 2 * n - rest) as never));
    const page = intersectionPage([even as LeafSource, odd as LeafSource], 5, 1000, 10);
    expect(page).toEqual({ leaves: [], next: expect.any(Number) });
  });
});
