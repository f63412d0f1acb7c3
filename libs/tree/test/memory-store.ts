import type { TileStore } from '../src/publish/tile-store.ts';

/** How an operation of a {@link MemoryStore} fails: before it did anything, half-way, or after it did all. */
export type Failing = 'before' | 'half' | 'after';

/** A store in memory that fails where it is told to. */
export class MemoryStore implements TileStore {
  readonly name = 'memory';
  readonly files = new Map<string, Uint8Array>();
  /** Each operation: `write 4711/checkpoint`. */
  readonly trace: string[] = [];
  /** Told after every change. */
  onChange: () => void = () => undefined;
  /** Whether the operation of this number, from 1, fails, and how. */
  fails: (operation: number) => Failing | undefined = () => undefined;
  closed = false;

  readonly get = (path: string): Uint8Array | undefined => this.files.get(path);

  async read(path: string): Promise<Uint8Array | undefined> {
    await this.#operation(`read ${path}`, () => undefined);
    return this.files.get(path);
  }

  write(path: string, bytes: Uint8Array): Promise<void> {
    return this.#operation(`write ${path}`, (half) => {
      // A checkpoint is small, and atomic in every store; a large object torn is what must not matter.
      if (half && path.endsWith('checkpoint')) return;
      this.files.set(path, half ? bytes.slice(0, bytes.length / 2) : new Uint8Array(bytes));
    });
  }

  removePartials(paths: readonly string[]): Promise<void> {
    return this.#operation(`remove ${paths.join(' ')}`, (half) => {
      for (const path of half ? paths.slice(0, 1) : paths) {
        for (const file of this.files.keys()) if (file.startsWith(`${path}.p/`)) this.files.delete(file);
      }
    });
  }

  close(): void {
    this.closed = true;
  }

  async #operation(what: string, change: (half: boolean) => void): Promise<void> {
    const failing = this.fails(this.trace.push(what));
    // As long as it is under way, others are.
    await new Promise(setImmediate);
    if (this.closed) throw new Error('closed');
    if (failing !== 'before') {
      change(failing === 'half');
      this.onChange();
    }
    if (failing !== undefined) throw new Error(`${what} failed ${failing}`);
  }
}
