import { CountersignError } from '@countersign/errors';
import type { Lease, SharedStorage, Submission } from '../shared-storage.ts';
import { leaseLimits } from '../shared-storage.ts';
import { openSqliteStorage } from '../storage/sqlite-storage.ts';
import type { TreeStorage } from '../storage.ts';

/** One database that several nodes of a test share: an SQLite file, and in memory what is beside it. Its clock is the test's. */
export class SharedFake {
  /** Milliseconds. */
  now = 0;
  readonly submissions = new Map<string, Submission>();
  readonly #path: string;
  readonly #listeners = new Map<FakeNode, () => void>();
  #lease: { owner: string; fence: number; until: number } | undefined;
  #fence = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async open(): Promise<FakeNode> {
    return new FakeNode(this, await openSqliteStorage(this.#path));
  }

  get holder(): string | undefined {
    return this.#lease !== undefined && this.#lease.until > this.now ? this.#lease.owner : undefined;
  }

  take(owner: string): number | undefined {
    if (this.holder !== undefined && this.holder !== owner) return undefined;
    this.#fence += 1;
    this.#lease = { owner, fence: this.#fence, until: this.now + leaseLimits.ttlMs };
    return this.#fence;
  }

  renew(fence: number): boolean {
    if (this.#lease?.fence !== fence) return false;
    this.#lease.until = this.now + leaseLimits.ttlMs;
    return true;
  }

  release(fence: number): void {
    if (this.#lease?.fence === fence) this.#lease = undefined;
  }

  isHeld(fence: number | undefined): boolean {
    return this.#lease !== undefined && this.#lease.fence === fence;
  }

  listen(node: FakeNode, changed: () => void): void {
    this.#listeners.set(node, changed);
  }

  unlisten(node: FakeNode): void {
    this.#listeners.delete(node);
  }

  notify(): void {
    for (const [node, changed] of this.#listeners) if (node.reach === 'open') changed();
  }
}

/** What one node has of a {@link SharedFake}. Its connection can be cut, or hang until it is open again. */
export class FakeNode implements SharedStorage {
  reach: 'open' | 'cut' | 'hangs' = 'open';
  /** What becomes of the next commit: it is stored and the answer is lost, or it is refused. */
  nextCommit: 'kept' | 'answer lost' | 'refused' = 'kept';
  readonly #fake: SharedFake;
  readonly #database: TreeStorage;
  #fence: number | undefined;
  #hanging: (() => void)[] = [];

  constructor(fake: SharedFake, database: TreeStorage) {
    this.#fake = fake;
    this.#database = database;
  }

  /** Opens, cuts or stops the connection. What hung goes on when it is open, and fails when it is cut. */
  set(reach: FakeNode['reach']): void {
    this.reach = reach;
    if (reach !== 'hangs') for (const go of this.#hanging.splice(0)) go();
  }

  async #call<T>(work: () => T | Promise<T>): Promise<T> {
    await new Promise(setImmediate);
    if (this.reach === 'hangs') await new Promise<void>((resolve) => this.#hanging.push(resolve));
    if (this.reach === 'cut') throw lost();
    return work();
  }

  #write(work: () => Promise<void>): Promise<void> {
    return this.#call(async () => {
      if (!this.#fake.isHeld(this.#fence)) throw new CountersignError('ERR_LEASE_LOST', 'the lease is lost');
      const fate = this.nextCommit;
      this.nextCommit = 'kept';
      if (fate === 'refused') throw lost();
      await work();
      this.#fake.notify();
      if (fate === 'answer lost') throw lost();
    });
  }

  commit: SharedStorage['commit'] = (batch) => this.#write(() => this.#database.commit(batch));
  createShard: SharedStorage['createShard'] = (shard) => this.#write(() => this.#database.createShard(shard));
  freezeShard: SharedStorage['freezeShard'] = (shard, successor) =>
    this.#write(() => this.#database.freezeShard(shard, successor));

  shards: SharedStorage['shards'] = () => this.#call(() => this.#database.shards());
  latest: SharedStorage['latest'] = (shard) => this.#call(() => this.#database.latest(shard));
  leaf: SharedStorage['leaf'] = (...of) => this.#call(() => this.#database.leaf(...of));
  leaves: SharedStorage['leaves'] = (...of) => this.#call(() => this.#database.leaves(...of));
  leafHashes: SharedStorage['leafHashes'] = (...of) => this.#call(() => this.#database.leafHashes(...of));
  leafHeads: SharedStorage['leafHeads'] = (...of) => this.#call(() => this.#database.leafHeads(...of));
  annexes: SharedStorage['annexes'] = (...of) => this.#call(() => this.#database.annexes(...of));
  attachments: SharedStorage['attachments'] = (...of) => this.#call(() => this.#database.attachments(...of));
  tile: SharedStorage['tile'] = (...of) => this.#call(() => this.#database.tile(...of));
  find: SharedStorage['find'] = (...of) => this.#call(() => this.#database.find(...of));

  leader(): Promise<string | undefined> {
    return this.#call(() => this.#fake.holder);
  }

  takeLease(owner: string): Promise<Lease | undefined> {
    return this.#call(() => {
      const fence = this.#fake.take(owner);
      if (fence === undefined) return undefined;
      this.#fence = fence;
      return {
        fence,
        renew: () => this.#call(() => this.#fake.renew(fence)),
        release: () =>
          this.#call(() => {
            this.#fake.release(fence);
            this.#fake.notify();
          }),
      };
    });
  }

  async listen(changed: () => void): Promise<() => Promise<void>> {
    this.#fake.listen(this, changed);
    return async () => this.#fake.unlisten(this);
  }

  submit(submission: Submission): Promise<void> {
    return this.#call(() => {
      this.#fake.submissions.set(submission.id, submission);
      this.#fake.notify();
    });
  }

  submissions(count: number): Promise<readonly Submission[]> {
    return this.#call(() => [...this.#fake.submissions.values()].slice(0, count));
  }

  settle(ids: readonly string[]): Promise<void> {
    return this.#call(() => {
      for (const id of ids) this.#fake.submissions.delete(id);
      this.#fake.notify();
    });
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

function lost(): CountersignError {
  return new CountersignError('ERR_STORAGE', 'the connection is lost');
}
