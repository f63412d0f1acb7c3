import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { canonicalJson, parseJson, utf8Encode } from '@countersign/encoding';
import type { CanonicalEntry } from '@countersign/plugin-host';
import { AnchorFile, type Growth } from '@countersign/tree';
import { type FakeNode, SharedFake } from '@countersign/tree/testing';
import type { EntryIndex, IndexedShard } from '../src/entry-index.ts';
import { type OpenSharedLog, openSharedLog } from '../src/open-shared-log.ts';

/** Takes any JSON, as an entry type would that verifies nothing; it is its own attestation. */
async function admit(proposal: Uint8Array): Promise<CanonicalEntry> {
  const body = canonicalJson(parseJson(proposal));
  return { kind: 'any', apiVersion: '0.0.1', body, indexKeys: ['key'], attestation: body };
}

/** One node of a {@link Cluster}. */
export interface ClusterNode {
  readonly name: string;
  readonly folder: string;
  readonly storage: FakeNode;
  readonly log: OpenSharedLog;
  /** What the search index was told. */
  readonly told: (IndexedShard | Growth)[];
  readonly roles: boolean[];
  readonly warnings: string[];
  readonly created: string[];
  beat(): void;
  upload(value: string): Promise<string>;
}

/** Several nodes on one log, in one process, on a fake database. Time passes when the test says so. */
export class Cluster {
  readonly root = mkdtempSync(join(tmpdir(), 'countersign-shared-'));
  readonly fake = new SharedFake(join(this.root, 'log.sqlite'));
  readonly nodes: ClusterNode[] = [];
  now = 0;

  /** @param keysOf the node whose keys are copied first */
  async open(name: string, keysOf?: ClusterNode, entryZero = false): Promise<ClusterNode> {
    const folder = join(this.root, name);
    if (keysOf !== undefined) cpSync(join(keysOf.folder, 'keys'), join(folder, 'keys'), { recursive: true });
    mkdirSync(join(folder, 'keys'), { recursive: true });
    const storage = await this.fake.open();
    const told: (IndexedShard | Growth)[] = [];
    const roles: boolean[] = [];
    const warnings: string[] = [];
    const created: string[] = [];
    const index: EntryIndex = {
      state: { covered: 0, indexed: 0, total: 0, failures: 0 },
      follow: (shard) => told.push(shard),
      committed: (growth) => told.push(growth),
      find: () => ({ leaves: [], next: undefined }),
    };
    let beat = (): void => undefined;
    const log = await openSharedLog({
      storage,
      owner: name,
      keyFolder: join(folder, 'keys'),
      anchor: ({ id }) => new AnchorFile(folder, id, { warn: () => undefined, intervalMs: 0 }),
      clock: () => 1_700_000_000_000,
      limits: { queueEntries: 20 },
      hostname: 'log.example',
      admit,
      attestations: { bytes: 1000, onTooLarge: (what) => warnings.push(what) },
      entryZero,
      openIndex: async (shards) => {
        told.push(...shards);
        return index;
      },
      onCreated: (what) => created.push(what),
      onRole: (leads) => roles.push(leads),
      warn: (message, cause) => warnings.push(`${message} ${cause ?? ''}`),
      timers: {
        now: () => this.now,
        every: (_, work) => {
          beat = work;
          return () => {
            beat = () => undefined;
          };
        },
        wait: async (ms) => {
          this.pass(ms);
          await setImmediate();
        },
      },
    }).catch(async (error: unknown) => {
      await storage.close();
      throw error;
    });
    const node: ClusterNode = {
      name,
      folder,
      storage,
      log,
      told,
      roles,
      warnings,
      created,
      beat: () => beat(),
      upload: async (value) => (await log.service.add(utf8Encode(JSON.stringify(value)))).id,
    };
    this.nodes.push(node);
    return node;
  }

  pass(ms: number): void {
    this.now += ms;
    this.fake.now += ms;
  }

  /** Lets everything go on that can without time passing. */
  async quiet(): Promise<void> {
    for (let round = 0; round < 3; round += 1) {
      for (let turn = 0; turn < 40; turn += 1) await setImmediate();
      for (const { storage, log } of this.nodes) if (storage.reach !== 'hangs') await log.shared.idle();
    }
  }

  /** A second passes for these nodes. */
  async second(...nodes: readonly ClusterNode[]): Promise<void> {
    this.pass(1000);
    for (const node of nodes.length === 0 ? this.nodes : nodes) node.beat();
    await this.quiet();
  }

  /** Two nodes; the first leads. */
  async two(entryZero = false): Promise<[ClusterNode, ClusterNode]> {
    const first = await this.open('first', undefined, entryZero);
    return [first, await this.open('second', first, entryZero)];
  }

  async close(): Promise<void> {
    for (const { storage } of this.nodes) storage.set('open');
    for (const node of this.nodes) {
      const closing = node.log.close();
      let isClosed = false;
      void closing.then(() => {
        isClosed = true;
      });
      while (!isClosed) {
        await this.second(node);
      }
      await closing;
      await node.storage.close();
    }
    rmSync(this.root, { recursive: true });
  }
}
