import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeFolderDurably, writeDurably } from './durable-file.ts';
import { errno } from './errno.ts';

/** How an {@link AnchorFile} behaves. */
export interface AnchorOptions {
  /** Told when there is no file where one should be, and when a write fails: the log goes on, with an older anchor than it should have. */
  readonly warn: (message: string, cause?: unknown) => void;
  /** At least so long between two writes, so that they cost nothing. One second by default. */
  readonly intervalMs?: number;
  /** Nothing is ever written. */
  readonly readOnly?: boolean;
}

/**
 * The newest signed checkpoint of a shard, kept outside the database: `anchors/<shard>.note` in the data
 * folder. A database that was rolled back, by a restored backup or a lying disk, is told by it at the
 * next start, before the log signs a second history. It guards against accidents; whoever can write
 * to the folder can remove it.
 *
 * Each write is whole or not at all, and on disk when done. Between two writes the newest one wins,
 * so the file may be up to a second older than the database, never newer.
 */
export class AnchorFile {
  readonly path: string;
  readonly warn: AnchorOptions['warn'];
  /** Whether nothing is ever written. */
  readonly readOnly: boolean;
  readonly #intervalMs: number;

  #next: string | undefined;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #lastWrite = Number.NEGATIVE_INFINITY;

  constructor(dataFolder: string, shard: number, options: AnchorOptions) {
    this.path = join(dataFolder, 'anchors', `${shard}.note`);
    this.warn = options.warn;
    this.#intervalMs = options.intervalMs ?? 1000;
    this.readOnly = options.readOnly ?? false;
  }

  /** The checkpoint last written; undefined when there is no file. */
  async read(): Promise<string | undefined> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if (errno(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Takes note of a checkpoint that is durable in the database. Returns at once. */
  record(checkpoint: string): void {
    if (this.readOnly) return;
    this.#next = checkpoint;
    if (this.#writing !== undefined || this.#timer !== undefined) return;
    const wait = this.#lastWrite + this.#intervalMs - performance.now();
    if (wait <= 0) {
      this.#start();
      return;
    }
    this.#timer = setTimeout(() => this.#start(), wait);
    this.#timer.unref();
  }

  /** Writes what is still to be written. */
  async flush(): Promise<void> {
    while (this.#writing !== undefined || this.#next !== undefined) {
      if (this.#writing === undefined) this.#start();
      await this.#writing;
    }
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const checkpoint = this.#next;
    this.#next = undefined;
    if (checkpoint === undefined) return;
    this.#writing = this.#write(checkpoint)
      .catch((cause: unknown) => this.warn(`cannot write the anchor file ${this.path}`, cause))
      .then(() => {
        this.#writing = undefined;
        this.#lastWrite = performance.now();
        if (this.#next !== undefined) this.record(this.#next);
      });
  }

  async #write(checkpoint: string): Promise<void> {
    await makeFolderDurably(dirname(this.path));
    await writeDurably(this.path, checkpoint, 0o644);
  }
}
