import { CountersignError } from '@countersign/errors';
import type { AdmissionRequest } from '@countersign/plugin-api';
import { AdmissionPool, type AdmissionPoolOptions } from './admission-pool.ts';
import type { CanonicalEntry, ShownEntry } from './plugin-host.ts';
import type { AdmissionSettings } from './policies.ts';

/**
 * An {@link AdmissionPool} whose policies can be changed while it works: a new pool is started, gets all that comes
 * from then on, and the old one ends when it has done what it had.
 */
export class Admission {
  readonly #options: AdmissionPoolOptions;
  #pool: AdmissionPool;
  #changing: Promise<void> = Promise.resolve();
  #closing = false;

  private constructor(options: AdmissionPoolOptions, pool: AdmissionPool) {
    this.#options = options;
    this.#pool = pool;
  }

  /** Starts. Throws as {@link AdmissionPool.start}. */
  static async start(options: AdmissionPoolOptions): Promise<Admission> {
    return new Admission(options, await AdmissionPool.start(options));
  }

  /** As {@link AdmissionPool.workers}. */
  get workers(): number {
    return this.#pool.workers;
  }

  /** As {@link AdmissionPool.admit}. */
  admit(proposal: Uint8Array, request?: AdmissionRequest): Promise<CanonicalEntry> {
    return this.#pool.admit(proposal, request);
  }

  /** As {@link AdmissionPool.canonicalKey}. */
  canonicalKey(format: string, key: Uint8Array): Promise<Uint8Array> {
    return this.#pool.canonicalKey(format, key);
  }

  /** As {@link AdmissionPool.display}. */
  display(body: Uint8Array): Promise<ShownEntry> {
    return this.#pool.display(body);
  }

  /**
   * Has what comes from now on decided by other settings. Resolves when nothing is decided by those of before; changes
   * go one after the other. Meanwhile there are twice as many workers.
   *
   * @throws what {@link AdmissionPool.start} throws: then the settings of before stay in force
   * @throws `ERR_SHUTTING_DOWN` after {@link close}
   */
  change(admission: AdmissionSettings): Promise<void> {
    const change = this.#changing.then(() => this.#change(admission));
    this.#changing = change.catch(() => undefined);
    return change;
  }

  /** As {@link AdmissionPool.close}, once a change that is under way has ended. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#changing;
    await this.#pool.close();
  }

  async #change(admission: AdmissionSettings): Promise<void> {
    if (this.#closing) throw new CountersignError('ERR_SHUTTING_DOWN', 'the node is stopping');
    const old = this.#pool;
    this.#pool = await AdmissionPool.start({ ...this.#options, admission });
    await old.close();
  }
}
