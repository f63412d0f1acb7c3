import { pluginInvalid } from './refusal.ts';

/** What every registered thing says of where it came from. */
export interface Registered {
  readonly folder: string;
}

/**
 * Things by name. Its table has no prototype, so that a name chosen by a stranger
 * (`__proto__`, `constructor`) finds nothing, and takes nothing more once frozen.
 */
export class Registry<T extends Registered> {
  readonly #what: string;
  readonly #table: Record<string, T> = Object.create(null);

  /** @param what what the names name, for the error message */
  constructor(what: string) {
    this.#what = what;
  }

  /** @throws `ERR_PLUGIN_INVALID`, naming both folders, when the name is taken */
  add(name: string, value: T): void {
    const taken = this.#table[name];
    if (taken !== undefined) {
      throw pluginInvalid(value.folder, `${this.#what} ${name} is already provided by ${taken.folder}`);
    }
    this.#table[name] = value;
  }

  get(name: string): T | undefined {
    return this.#table[name];
  }

  /** Sorted. */
  names(): string[] {
    return Object.keys(this.#table).sort();
  }

  /** In the order of {@link names}. */
  values(): T[] {
    return this.names().map((name) => this.#table[name] as T);
  }

  freeze(): this {
    Object.freeze(this.#table);
    return this;
  }
}
