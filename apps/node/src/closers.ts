/** Ends things in the reverse order of their beginning. */
export class Closers {
  readonly #steps: (() => unknown)[] = [];
  #closing: Promise<void> | undefined;

  /** Has `close` called before everything that was added earlier is closed. */
  add(close: () => unknown): void {
    this.#steps.push(close);
  }

  /** Closes everything, once. Goes on after a failure, and rejects with the first. */
  close(): Promise<void> {
    this.#closing ??= this.#run();
    return this.#closing;
  }

  async #run(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
