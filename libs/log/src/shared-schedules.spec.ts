import { fromHex, toHex, utf8Encode } from '@countersign/encoding';
import { naiveRoot } from '@countersign/tree/testing';
import fc from 'fast-check';
import { Cluster, type ClusterNode } from '../test/shared-cluster.ts';

type Step =
  | { readonly do: 'upload'; readonly node: number; readonly value: number }
  | { readonly do: 'second'; readonly nodes: readonly number[] }
  | { readonly do: 'reach'; readonly node: number; readonly reach: 'open' | 'cut' | 'hangs' }
  | { readonly do: 'commit'; readonly node: number; readonly fate: 'answer lost' | 'refused' }
  | { readonly do: 'roll'; readonly node: number }
  | { readonly do: 'quiet' };

const nodes = 3;
const node = fc.nat({ max: nodes - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('upload' as const), node, value: fc.nat({ max: 9 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('second' as const), nodes: fc.subarray([0, 1, 2], { minLength: 1 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('reach' as const),
      node,
      reach: fc.constantFrom('open' as const, 'cut' as const, 'hangs' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('commit' as const),
      node,
      fate: fc.constantFrom('answer lost' as const, 'refused' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('roll' as const), node }) },
  { weight: 2, arbitrary: fc.constant({ do: 'quiet' as const }) },
);

/** A log under a schedule: what its clients were told, and what any node ever showed. */
class Run {
  readonly cluster = new Cluster();
  readonly #acknowledged: { readonly id: string; readonly value: number }[] = [];
  readonly #shown = new Map<
    string,
    { readonly treeID: string; readonly treeSize: number; readonly rootHash: string }
  >();
  #open = 0;
  #rolls = 0;

  async begin(): Promise<void> {
    const first = await this.cluster.open('0');
    for (let at = 1; at < nodes; at += 1) await this.cluster.open(`${at}`, first);
  }

  async take(steps: readonly Step[]): Promise<void> {
    for (const one of steps) {
      await this.#take(one);
      this.#look();
    }
  }

  /** Everything is well again: everybody is answered, and all nodes show the same. */
  async end(): Promise<void> {
    const all = this.cluster.nodes;
    for (const { storage } of all) storage.set('open');
    // A roll waits for a real disk, which the time of the test knows nothing of.
    while (this.#rolls > 0) await this.cluster.second();
    for (let seconds = 0; seconds < 40; seconds += 1) {
      await this.cluster.second();
      this.#look();
      const infos = new Set(all.map(({ log }) => JSON.stringify(log.service.info())));
      if (this.#open === 0 && infos.size === 1 && all.some(({ log }) => log.shared.leads)) return;
    }
    throw new Error(`${this.#open} uploads have no answer, or the nodes do not agree`);
  }

  async check(): Promise<void> {
    const [{ storage } = undefined as never] = this.cluster.nodes;
    const trees = new Map<string, Uint8Array[]>();
    for (const { id, treeId } of await storage.shards()) {
      const leaves = await storage.leaves(id, 0, 1000);
      trees.set(
        treeId,
        leaves.map(({ data }) => data),
      );
      expect(new Set(leaves.map(({ hash }) => toHex(hash))).size).toBe(leaves.length);
    }
    for (const { treeID, treeSize, rootHash } of this.#shown.values()) {
      const leaves = trees.get(treeID)?.slice(0, treeSize) ?? [];
      expect([leaves.length, toHex(naiveRoot(leaves))]).toEqual([treeSize, rootHash]);
    }
    for (const { id, value } of this.#acknowledged) {
      const treeId = Buffer.from(fromHex(id.slice(0, 16))).readBigUInt64BE();
      const leaves = trees.get(String(treeId)) ?? [];
      expect(leaves.filter((data) => Buffer.compare(data, utf8Encode(`"${value}"`)) === 0)).toHaveLength(1);
    }
  }

  async #take(one: Step): Promise<void> {
    const at = 'node' in one ? (this.cluster.nodes[one.node] as ClusterNode) : (undefined as never);
    switch (one.do) {
      case 'upload':
        this.#upload(at, one.value);
        return;
      case 'second':
        this.cluster.pass(1000);
        for (const place of one.nodes) this.cluster.nodes[place]?.beat();
        return;
      case 'reach':
        at.storage.set(one.reach);
        return;
      case 'commit':
        at.storage.nextCommit = one.fate;
        return;
      case 'roll':
        this.#rolls += 1;
        void at.log.admin
          .roll(false)
          .catch(() => undefined)
          .finally(() => {
            this.#rolls -= 1;
          });
        return;
      case 'quiet':
        return this.cluster.quiet();
    }
  }

  #upload(at: ClusterNode, value: number): void {
    this.#open += 1;
    void at
      .upload(`${value}`)
      .then(
        (id) => void this.#acknowledged.push({ id, value }),
        // Whatever else it is refused with, it is refused with a code.
        (error: unknown) => expect(error).toMatchObject({ code: expect.stringMatching(/^ERR_/) }),
      )
      .finally(() => this.#ended());
  }

  #ended(): void {
    this.#open -= 1;
  }

  #look(): void {
    for (const { log } of this.cluster.nodes) {
      const { inactiveShards, ...active } = log.service.info();
      for (const info of [active, ...(inactiveShards ?? [])]) this.#shown.set(info.signedTreeHead, info);
    }
  }
}

it('whoever leads, what was acknowledged is in the log once, and no node shows two histories', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), async (steps) => {
      const run = new Run();
      try {
        await run.begin();
        await run.take(steps);
        await run.end();
        await run.check();
      } finally {
        await run.cluster.close();
      }
    }),
    { numRuns: Number(process.env.SCHEDULES ?? 15) },
  );
}, 600_000);
