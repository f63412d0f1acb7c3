import { createHash } from 'node:crypto';
import { fromHex, toHex } from '@countersign/encoding';
import * as fc from 'fast-check';
import { emptyRoot, type Hash, type LeafHash, leafHash, nodeHash, toLeafHash } from './hash.ts';
import type { Node } from './node.ts';
import { buildProof, foldNodes } from './proof.ts';
import { planConsistency, planInclusion, planNodes, planRoot } from './proof-plan.ts';
import { verifyConsistency } from './verify-consistency.ts';
import { rootFromInclusion, verifyInclusion } from './verify-inclusion.ts';

const invalid = expect.objectContaining({ code: 'ERR_PROOF_INVALID' });
const outOfRange = expect.objectContaining({ code: 'ERR_PROOF_RANGE' });

/** RFC 6962 §2.1 to the letter: slow, recursive, and shares no code with what is tested. */
class NaiveTree {
  readonly #known = new Map<string, string>();
  readonly #leaf: (index: number) => Uint8Array;
  constructor(leaf: (index: number) => Uint8Array) {
    this.#leaf = leaf;
  }

  root(start: number, end: number): Uint8Array {
    const name = `${start} ${end}`;
    const known = this.#known.get(name);
    if (known !== undefined) return fromHex(known);
    const hash = createHash('sha256');
    if (end - start === 1) hash.update(Uint8Array.of(0)).update(this.#leaf(start));
    if (end - start > 1) {
      const middle = start + split(end - start);
      hash.update(Uint8Array.of(1)).update(this.root(start, middle)).update(this.root(middle, end));
    }
    const root = hash.digest();
    this.#known.set(name, toHex(root));
    return root;
  }

  path(m: number, start: number, end: number): Uint8Array[] {
    if (end - start <= 1) return [];
    const k = split(end - start);
    return m < k
      ? [...this.path(m, start, start + k), this.root(start + k, end)]
      : [...this.path(m - k, start + k, end), this.root(start, start + k)];
  }

  subproof(m: number, start: number, end: number, whole: boolean): Uint8Array[] {
    if (m === end - start) return whole ? [] : [this.root(start, end)];
    const k = split(end - start);
    return m <= k
      ? [...this.subproof(m, start, start + k, whole), this.root(start + k, end)]
      : [...this.subproof(m - k, start + k, end, false), this.root(start, start + k)];
  }

  readonly lookup = ({ level, index }: Node): Uint8Array => this.root(index * 2 ** level, (index + 1) * 2 ** level);
}

function split(n: number): number {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
}

/** A tree as large as sizes go: every leaf is alike but one, so that most subtrees are known by their level alone. */
class HugeTree {
  readonly #alike: Hash[] = [leafHash(Uint8Array.of(0))];
  readonly #odd: number;
  constructor(odd: number) {
    this.#odd = odd;
    for (let level = 1; level <= 53; level += 1) {
      const below = this.#alike[level - 1] ?? emptyRoot;
      this.#alike.push(nodeHash(below, below));
    }
  }

  leaf(index: number): LeafHash {
    return leafHash(Uint8Array.of(index === this.#odd ? 1 : 0));
  }

  root(start: number, end: number): Hash {
    const size = end - start;
    if (size === 1) return this.leaf(start);
    const level = Math.log2(size);
    if (Number.isInteger(level) && 2 ** level === size && !(start <= this.#odd && this.#odd < end)) {
      return this.#alike[level] ?? emptyRoot;
    }
    const middle = start + split(size);
    return nodeHash(this.root(start, middle), this.root(middle, end));
  }

  readonly lookup = ({ level, index }: Node): Hash => this.root(index * 2 ** level, (index + 1) * 2 ** level);
}

const tree = new NaiveTree((index) => Buffer.from(`leaf ${index}`));
const leaves = Array.from({ length: 300 }, (_, index) => leafHash(Buffer.from(`leaf ${index}`)));
const leafAt = (index: number): LeafHash => leaves[index] ?? toLeafHash(emptyRoot);
const same = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean => Buffer.concat(a).equals(Buffer.concat(b));

describe('against the definitions of RFC 6962, every tree of up to 300 leaves', () => {
  it('plans every root', () => {
    for (let size = 0; size <= 300; size += 1) {
      const root = foldNodes(planRoot(size).map(tree.lookup));
      if (!same([root], [tree.root(0, size)])) throw new Error(`root of ${size}`);
    }
  });

  it('builds and verifies every inclusion proof', () => {
    for (let size = 1; size <= 300; size += 1) {
      const root = tree.root(0, size);
      for (let index = 0; index < size; index += 1) {
        const hashes = buildProof(planInclusion(index, size), tree.lookup);
        if (!same(hashes, tree.path(index, 0, size))) throw new Error(`path of ${index} in ${size}`);
        verifyInclusion({ leafHash: leafAt(index), index, size, hashes, root });
      }
    }
  });

  it('builds and verifies every consistency proof', () => {
    for (let second = 0; second <= 300; second += 1) {
      const secondRoot = tree.root(0, second);
      for (let first = 0; first <= second; first += 1) {
        const hashes = buildProof(planConsistency(first, second), tree.lookup);
        const expected = first === 0 ? [] : tree.subproof(first, 0, second, true);
        if (!same(hashes, expected)) throw new Error(`proof from ${first} to ${second}`);
        verifyConsistency({ first, second, firstRoot: tree.root(0, first), secondRoot, hashes });
      }
    }
  });
});

describe('trees beyond 32 bits', () => {
  const near = (centre: number): fc.Arbitrary<number> => fc.integer({ min: -70, max: 70 }).map((by) => centre + by);
  const size = fc
    .oneof(near(2 ** 31), near(2 ** 32), near(2 ** 40), near(2 ** 52), fc.maxSafeNat())
    .filter((n) => n > 0);
  const pair = size.chain((n) =>
    fc.tuple(fc.oneof(fc.nat(n - 1), fc.constant(n - 1), fc.constant(Math.floor(n / 2))), fc.constant(n)),
  );

  it('builds and verifies inclusion proofs of complete subtrees', () => {
    fc.assert(
      fc.property(pair, ([index, n]) => {
        const huge = new HugeTree(index);
        const plan = planInclusion(index, n);
        for (const node of planNodes(plan)) expect((node.index + 1) * 2 ** node.level).toBeLessThanOrEqual(n);
        const proof = { leafHash: huge.leaf(index), index, size: n, hashes: buildProof(plan, huge.lookup) };
        verifyInclusion({ ...proof, root: huge.root(0, n) });
        expect(() => verifyInclusion({ ...proof, leafHash: huge.leaf(index + 1), root: huge.root(0, n) })).toThrow(
          invalid,
        );
      }),
      { numRuns: 300 },
    );
  });

  it('builds and verifies consistency proofs', () => {
    fc.assert(
      fc.property(pair, fc.nat(), ([first, second], odd) => {
        const huge = new HugeTree(odd);
        const hashes = buildProof(planConsistency(first, second), huge.lookup);
        const firstRoot = first === 0 ? emptyRoot : huge.root(0, first);
        verifyConsistency({ first, second, firstRoot, secondRoot: huge.root(0, second), hashes });
      }),
      { numRuns: 300 },
    );
  });

  it('folds the root of the largest tree', () => {
    const huge = new HugeTree(12345);
    const size = Number.MAX_SAFE_INTEGER;
    expect(planRoot(size)).toHaveLength(53);
    expect(toHex(foldNodes(planRoot(size).map(huge.lookup)))).toBe(toHex(huge.root(0, size)));
  });
});

/** Every proof that differs from `hashes` in one place. */
function* corruptions(hashes: readonly Hash[]): Generator<Hash[]> {
  const stray = leafHash(Buffer.from('stray'));
  for (let at = 0; at <= hashes.length; at += 1) {
    yield hashes.toSpliced(at, 0, stray);
    const hash = hashes[at];
    if (hash === undefined) continue;
    yield hashes.toSpliced(at, 1);
    yield hashes.toSpliced(at, 0, hash);
    yield hashes.with(at, hash.subarray(0, 31));
    yield hashes.with(at, Buffer.concat([hash, Uint8Array.of(0)]));
    for (const bit of [0, 100, 255]) {
      const flipped = Uint8Array.from(hash);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      yield hashes.with(at, flipped);
    }
    for (let other = 0; other < at; other += 1) yield hashes.with(at, hashes[other] ?? stray).with(other, hash);
  }
}

describe('verifiers refuse', () => {
  it('every inclusion proof that was altered in one place', () => {
    for (let size = 1; size <= 17; size += 1) {
      for (let index = 0; index < size; index += 1) {
        const hashes = tree.path(index, 0, size);
        const proof = { leafHash: leafAt(index), index, size, root: tree.root(0, size) };
        for (const altered of corruptions(hashes))
          expect(() => verifyInclusion({ ...proof, hashes: altered })).toThrow(invalid);
        expect(() => verifyInclusion({ ...proof, hashes, leafHash: leafAt(index + 1) })).toThrow(invalid);
        expect(() => verifyInclusion({ ...proof, hashes, root: tree.root(0, size + 1) })).toThrow(invalid);
        for (let other = 0; other <= size; other += 1) {
          if (other !== index) expect(() => verifyInclusion({ ...proof, hashes, index: other })).toThrow(invalid);
        }
      }
    }
  });

  it('every consistency proof that was altered in one place', () => {
    for (let second = 1; second <= 17; second += 1) {
      for (let first = 1; first <= second; first += 1) {
        const hashes = tree.subproof(first, 0, second, true);
        const proof = { first, second, firstRoot: tree.root(0, first), secondRoot: tree.root(0, second) };
        for (const altered of corruptions(hashes))
          expect(() => verifyConsistency({ ...proof, hashes: altered })).toThrow(invalid);
        expect(() => verifyConsistency({ ...proof, hashes, firstRoot: tree.root(0, first + 1) })).toThrow(invalid);
        expect(() => verifyConsistency({ ...proof, hashes, secondRoot: tree.root(0, second + 1) })).toThrow(invalid);
      }
    }
  });

  it('roots of trees without leaves that are not the empty root', () => {
    const proof = { first: 0, second: 0, firstRoot: emptyRoot, secondRoot: emptyRoot, hashes: [] };
    verifyConsistency(proof);
    expect(() => verifyConsistency({ ...proof, firstRoot: leafAt(0) })).toThrow(invalid);
    expect(() => verifyConsistency({ ...proof, firstRoot: leafAt(0), secondRoot: leafAt(0) })).toThrow(invalid);
    expect(() => verifyConsistency({ ...proof, second: 1, firstRoot: leafAt(0), secondRoot: leafAt(0) })).toThrow(
      invalid,
    );
    expect(() => verifyConsistency({ ...proof, second: 1, secondRoot: leafAt(0), hashes: [emptyRoot] })).toThrow(
      invalid,
    );
    expect(() => verifyConsistency({ ...proof, first: 1, second: 1, secondRoot: leafAt(0) })).toThrow(invalid);
    expect(() => verifyConsistency({ ...proof, secondRoot: leafAt(0) })).toThrow(invalid);
    expect(() => verifyConsistency({ ...proof, firstRoot: new Uint8Array(0) })).toThrow(invalid);
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('the size %d', (size) => {
    const roots = { firstRoot: emptyRoot, secondRoot: emptyRoot, hashes: [] };
    expect(() => verifyInclusion({ leafHash: leafAt(0), index: 0, size, hashes: [], root: leafAt(0) })).toThrow(
      invalid,
    );
    expect(() => verifyInclusion({ leafHash: leafAt(0), index: size, size: 1, hashes: [], root: leafAt(0) })).toThrow(
      invalid,
    );
    expect(() => verifyConsistency({ ...roots, first: 0, second: size })).toThrow(invalid);
    expect(() => verifyConsistency({ ...roots, first: size, second: 0 })).toThrow(invalid);
    expect(() => planRoot(size)).toThrow(outOfRange);
    expect(() => planInclusion(0, size)).toThrow(outOfRange);
    expect(() => planInclusion(size, 10)).toThrow(outOfRange);
    expect(() => planConsistency(0, size)).toThrow(outOfRange);
    expect(() => planConsistency(size, 10)).toThrow(outOfRange);
  });

  it('an index at the size, a leaf hash of another length, a first tree above the second', () => {
    expect(() => planInclusion(7, 7)).toThrow(outOfRange);
    expect(() => planInclusion(0, 0)).toThrow(outOfRange);
    expect(() => planConsistency(8, 7)).toThrow(outOfRange);
    const short = leafAt(0).subarray(1) as LeafHash;
    expect(() => rootFromInclusion({ leafHash: short, index: 0, size: 1, hashes: [] })).toThrow(invalid);
    const roots = { firstRoot: tree.root(0, 2), secondRoot: tree.root(0, 2), hashes: [] };
    expect(() => verifyConsistency({ ...roots, first: 2, second: 1 })).toThrow(invalid);
  });

  it('proofs of another length, though the roots be made to fit', () => {
    const [one, two, stray] = [leafAt(0), leafAt(1), leafAt(9)];
    const inclusion = { leafHash: one, index: 0, size: 4 };
    expect(() => rootFromInclusion({ ...inclusion, hashes: [two] })).toThrow(invalid);
    expect(() => rootFromInclusion({ ...inclusion, hashes: [two, tree.root(2, 4), stray] })).toThrow(invalid);
    const short = { first: 1, second: 4, firstRoot: one, secondRoot: nodeHash(one, two), hashes: [two] };
    expect(() => verifyConsistency(short)).toThrow(invalid);
    const hashes = [leafAt(2), leafAt(3), tree.root(0, 2), stray];
    const [firstRoot, secondRoot] = [nodeHash(stray, tree.root(0, 3)), nodeHash(stray, tree.root(0, 4))];
    expect(() => verifyConsistency({ first: 3, second: 4, firstRoot, secondRoot, hashes })).toThrow(invalid);
  });

  it('and say what they expected and found', () => {
    const proof = { leafHash: leafAt(0), index: 0, size: 1, hashes: [], root: leafAt(1) };
    const details = { expected: toHex(leafAt(1)), found: toHex(leafAt(0)) };
    expect(() => verifyInclusion(proof)).toThrow(expect.objectContaining({ details }));
  });
});

describe('published proofs', () => {
  // The reference tree of Certificate Transparency (certificate-transparency, transparency-dev/merkle).
  const inputs = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
  const roots = [
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
    '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
    'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
    '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
  ];
  const reference = new NaiveTree((index) => fromHex(inputs[index] ?? ''));
  const rootOf = (size: number): Hash => fromHex(roots[size] ?? '');

  it.each(roots.map((root, size) => [size, root] as const))('root of size %i', (size, root) => {
    expect(toHex(foldNodes(planRoot(size).map(reference.lookup)))).toBe(root);
  });

  it.each([
    [
      0,
      8,
      [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    ],
    [
      5,
      8,
      [
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    ],
  ] as const)('inclusion of leaf %i in size %i', (index, size, hashes) => {
    expect(buildProof(planInclusion(index, size), reference.lookup).map(toHex)).toEqual(hashes);
    const leaf = leafHash(fromHex(inputs[index] ?? ''));
    verifyInclusion({ leafHash: leaf, index, size, hashes: hashes.map(fromHex), root: rootOf(size) });
  });

  it.each([
    [1, 1, []],
    [
      2,
      5,
      [
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ],
    ],
    [
      6,
      8,
      [
        '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    ],
  ] as const)('consistency of size %i with %i', (first, second, hashes) => {
    expect(buildProof(planConsistency(first, second), reference.lookup).map(toHex)).toEqual(hashes);
    const between = { first, second, firstRoot: rootOf(first), secondRoot: rootOf(second) };
    verifyConsistency({ ...between, hashes: hashes.map(fromHex) });
  });
});
