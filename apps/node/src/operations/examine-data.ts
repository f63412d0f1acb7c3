import { existsSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { hasCode } from '@countersign/errors';
import { checkpointReader, keyFile, v1Kind } from '@countersign/log';
import { checkIndexFile } from '@countersign/search';
import { AnchorFile, checkSqlite, fsck, openTreeReader, type ShardRecord, type TreeReader } from '@countersign/tree';
import { dataFiles } from '../data-files.ts';
import { existingLog, logLocation } from '../log-location.ts';
import { type Finding, treeFinding } from './finding.ts';
import { FsckNote } from './fsck-note.ts';
import { operationLimits } from './limits.ts';
import { lookAtKey } from './shard-key.ts';

/** What {@link examineData} examines. */
export interface ExamineSetup {
  /** The data folder. */
  readonly data: string;
  /** The URL of the database, when the log is in one. */
  readonly database?: string;
  /** Without one, encrypted keys are not checked. */
  readonly keyPassphrase?: string;
}

/** What {@link examineData} tells while it goes on, and takes. */
export interface ExamineOptions {
  /** Told how many of all entries are examined. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly onFinding?: (finding: Finding) => void;
  /** Told what is no finding and still worth knowing. */
  readonly onNote?: (note: string) => void;
  /** Stops it: where it was is kept in the data folder. */
  readonly signal?: AbortSignal;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

/** What an examination came to. */
export interface Examination {
  /** False when it was stopped. */
  readonly complete: boolean;
  /** Entries that were examined, those of an earlier examination it went on from included. */
  readonly entries: number;
  /** Findings in all; as many as are kept are in `findings`. */
  readonly count: number;
  readonly findings: readonly Finding[];
}

/**
 * Examines a node's data, beside a running node or not; takes no lock and changes nothing but its own note: every
 * shard leaf by leaf, its key and its anchor; the search index against the log; the database file, where it is one, by SQLite's own check.
 *
 * @throws `ERR_STORAGE` when there is no log in the folder
 */
export async function examineData(setup: ExamineSetup, options: ExamineOptions = {}): Promise<Examination> {
  const files = dataFiles(setup.data);
  existingLog(setup);
  const examiner = new Examiner(setup, options, await FsckNote.open(files.fsck));
  return examiner.run();
}

class Examiner {
  readonly #setup: ExamineSetup;
  readonly #options: ExamineOptions;
  readonly #note: FsckNote;
  readonly #clock: () => number;
  readonly #findings: Finding[] = [];
  #count = 0;
  #entries = 0;
  #total = 0;
  #noted: number;

  constructor(setup: ExamineSetup, options: ExamineOptions, note: FsckNote) {
    this.#setup = setup;
    this.#options = options;
    this.#note = note;
    this.#clock = options.clock ?? Date.now;
    this.#noted = this.#clock();
  }

  async run(): Promise<Examination> {
    const { database } = this.#setup;
    const log = await this.#try(this.#where, () => openTreeReader(logLocation(this.#setup)));
    if (log !== undefined) {
      try {
        await this.#examineLog(log);
      } finally {
        await log.close();
      }
    }
    // A server checks its own files.
    if (!this.#stopped && database === undefined) await this.#checkFile(this.#where);
    if (this.#stopped) await this.#note.save();
    else await this.#note.remove();
    return { complete: !this.#stopped, entries: this.#entries, count: this.#count, findings: this.#findings };
  }

  async #examineLog(log: TreeReader): Promise<void> {
    const files = dataFiles(this.#setup.data);
    const records = (await this.#try(this.#where, () => log.shards())) ?? [];
    if (records.length === 0) this.#found({ where: this.#where, what: 'no shard can be read', cure: 'data' });
    for (const { id } of records) this.#total += (await log.latest(id).catch(() => undefined))?.size ?? 0;
    for (const record of records) {
      if (this.#stopped) return;
      await this.#try(`shard ${record.treeId}`, () => this.#examineShard(log, record));
    }
    if (!existsSync(files.search)) return;
    const problem = await checkIndexFile(files.search, log, async () =>
      Promise.all(records.map(async ({ id, treeId }) => ({ id, treeId, size: (await log.latest(id))?.size ?? 0 }))),
    );
    if (problem !== undefined) this.#found({ where: files.search, what: problem, cure: 'index' });
  }

  async #examineShard(log: TreeReader, record: ShardRecord): Promise<void> {
    const { id, treeId, kind } = record;
    const where = `shard ${treeId}`;
    if (kind !== v1Kind) {
      this.#found({ where, what: `its kind ${JSON.stringify(kind)} is not known`, cure: 'data' });
      return;
    }
    const path = keyFile(dataFiles(this.#setup.data).keys, treeId);
    const key = await lookAtKey(path, record, this.#setup.keyPassphrase);
    if (key.problem !== undefined) this.#found({ where, what: key.problem, cure: 'key' });
    if (key.unchecked)
      this.#options.onNote?.(`${path} is encrypted and was not checked: name its passphrase with --config`);

    const anchor = new AnchorFile(this.#setup.data, id, { warn: () => undefined });
    if (!existsSync(anchor.path)) this.#options.onNote?.(`shard ${treeId} has no anchor file ${anchor.path}`);
    const from = this.#note.of(treeId);
    let shardFindings: readonly Finding[] = [];
    let done = 0;
    let first = true;
    const steps = fsck({
      storage: log,
      shard: id,
      readCheckpoint: checkpointReader(record),
      anchor,
      ...(from && { from }),
    });
    for await (const { cursor, start, total, faults } of steps) {
      if (from !== undefined && first) {
        if (start === from.size) {
          this.#options.onNote?.(`shard ${treeId}: going on from entry ${start}`);
          shardFindings = from.findings;
          for (const finding of shardFindings) this.#found(finding);
        } else {
          this.#options.onNote?.(`shard ${treeId}: the note of an earlier examination does not fit; beginning again`);
        }
      }
      first = false;
      const found = faults.map((fault) => treeFinding(treeId, fault));
      for (const finding of found) this.#found(finding);
      this.#entries += cursor.size - done;
      done = cursor.size;
      this.#options.onProgress?.(this.#entries, Math.max(this.#total, this.#entries));
      shardFindings = [...shardFindings, ...found].slice(0, operationLimits.findings);
      // A whole step before the end: what the end finds is found again.
      if (cursor.size < total && cursor.size % leavesOfStep === 0) {
        this.#note.set(treeId, { ...cursor, findings: shardFindings });
      }
      if (this.#clock() - this.#noted >= operationLimits.noteMs) {
        this.#noted = this.#clock();
        await this.#note.save();
      }
      // Signals are heard in between.
      await setImmediate();
      if (this.#stopped) return;
    }
  }

  async #checkFile(path: string): Promise<void> {
    try {
      for (const what of await checkSqlite(path, this.#options.signal)) {
        this.#found({ where: path, what, cure: 'data' });
      }
    } catch (error) {
      if (!this.#stopped) throw error;
    }
  }

  /** The log's file or database, without what is secret of its URL. */
  get #where(): string {
    return this.#setup.database === undefined ? dataFiles(this.#setup.data).log : 'the database';
  }

  get #stopped(): boolean {
    return this.#options.signal?.aborted === true;
  }

  #found(finding: Finding): void {
    this.#count += 1;
    if (this.#findings.length < operationLimits.findings) this.#findings.push(finding);
    this.#options.onFinding?.(finding);
  }

  /** What a read gives; a refusal is a finding. */
  async #try<T>(where: string, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!hasCode(error)) throw error;
      this.#found({ where, what: error.message, cure: 'data' });
      return undefined;
    }
  }
}

/** Leaves of a whole step of fsck. */
const leavesOfStep = 256;
