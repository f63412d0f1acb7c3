import { rm } from 'node:fs/promises';
import { type FsckCursor, writeDurably } from '@countersign/tree';
import { readSmall } from './durable-file.ts';
import type { Finding } from './finding.ts';
import { operationLimits } from './limits.ts';

/** How far an examination of one shard has come, and what it found up to there. */
export interface ShardNote extends FsckCursor {
  readonly findings: readonly Finding[];
}

interface NoteFile {
  readonly format: 1;
  /** By tree id. */
  readonly shards: Readonly<Record<string, ShardNote>>;
}

/**
 * The note of an examination under way, in the data folder: what the next one goes on from when this one is stopped. An
 * aid only: one that cannot be read or written costs the time from the start.
 */
export class FsckNote {
  readonly #path: string;
  readonly #shards: Map<string, ShardNote>;

  private constructor(path: string, shards: Map<string, ShardNote>) {
    this.#path = path;
    this.#shards = shards;
  }

  /** Reads the note of an earlier examination, if there is one. */
  static async open(path: string): Promise<FsckNote> {
    try {
      const note = JSON.parse((await readSmall(path, operationLimits.noteBytes)) ?? 'null') as NoteFile | null;
      return new FsckNote(path, new Map(note?.format === 1 ? Object.entries(note.shards).filter(isNote) : []));
    } catch {
      return new FsckNote(path, new Map());
    }
  }

  /** How far the shard was examined. */
  of(treeId: string): ShardNote | undefined {
    return this.#shards.get(treeId);
  }

  set(treeId: string, note: ShardNote): void {
    this.#shards.set(treeId, note);
  }

  /** Writes it down. Never rejects. */
  async save(): Promise<void> {
    const note: NoteFile = { format: 1, shards: Object.fromEntries(this.#shards) };
    await writeDurably(this.#path, `${JSON.stringify(note)}\n`).catch(() => undefined);
  }

  /** Removes it: the examination is complete. Never rejects. */
  async remove(): Promise<void> {
    await rm(this.#path, { force: true }).catch(() => undefined);
  }
}

function isNote([, note]: [string, ShardNote]): boolean {
  return (
    Number.isSafeInteger(note.size) && note.size > 0 && typeof note.root === 'string' && Array.isArray(note.findings)
  );
}
