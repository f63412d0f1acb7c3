/** How much a {@link KeyCache} keeps. */
export interface CacheLimits {
  readonly entries: number;
  readonly bytes: number;
}

/**
 * The most recently used values, found by the exact bytes they were made from.
 *
 * A log sees the same signing keys again and again, and parsing one costs about as
 * much as the verification that follows.
 */
export class KeyCache<T> {
  readonly #values = new Map<string, T>();
  readonly #limits: CacheLimits;
  #bytes = 0;

  constructor(limits: CacheLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#values.size;
  }

  get(input: Uint8Array): T | undefined {
    const name = nameOf(input);
    const value = this.#values.get(name);
    if (value === undefined) return undefined;
    this.#values.delete(name);
    this.#values.set(name, value);
    return value;
  }

  set(input: Uint8Array, value: T): void {
    const name = nameOf(input);
    if (!this.#values.delete(name)) this.#bytes += name.length;
    this.#values.set(name, value);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#limits.entries && this.#bytes <= this.#limits.bytes) return;
      this.#values.delete(oldest);
      this.#bytes -= oldest.length;
    }
  }
}

/** One character a byte: exact, and the fastest map key there is. */
function nameOf(input: Uint8Array): string {
  return Buffer.from(input.buffer, input.byteOffset, input.byteLength).toString('latin1');
}
