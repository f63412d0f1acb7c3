import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { leashed } from '../support/leash.ts';

const run = promisify(execFile);
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** What a run over the matrix found. */
export interface Matrix {
  /** Operations of the scenario that were made to fail, one after the other. */
  readonly operations: number;
  readonly cases: number;
  /** Cases in which an operation did fail: some come too late for it. */
  readonly fired: number;
  /** Each says which operation, how it failed, and which promise was broken. */
  readonly failures: readonly string[];
}

/** The scenarios of run-matrix.js. */
export const scenarios = ['a log that goes on', 'a first start', 'a roll', 'a roll with a new key'] as const;

/** The shim, compiled into a folder of its own, and ways to run a script under it. Linux with a C compiler. */
export class FaultShim {
  readonly #folder = mkdtempSync(join(tmpdir(), 'countersign-faults-'));
  #folders = 0;

  /** Compiles the shim; false where that cannot be done. */
  async make(): Promise<boolean> {
    if (process.platform !== 'linux') return false;
    try {
      await run('cc', ['-O1', '-shared', '-fPIC', '-o', join(this.#folder, 'shim.so'), here('shim.c')]);
      return true;
    } catch {
      return false;
    }
  }

  /** Runs the whole matrix of a scenario, or a sample with every operation in it, in two processes. */
  async matrix(scenario: (typeof scenarios)[number], extent: 'all' | 'sample'): Promise<Matrix> {
    const parts = await Promise.all(
      ['0', '1'].map(async (part) => {
        const { stdout } = await this.#run('run-matrix.js', [scenario, extent, part, '2']);
        return JSON.parse(stdout) as Matrix;
      }),
    );
    const sum = (count: (part: Matrix) => number): number => parts.reduce((total, part) => total + count(part), 0);
    return {
      operations: sum(({ operations }) => operations),
      cases: sum(({ cases }) => cases),
      fired: sum(({ fired }) => fired),
      failures: parts.flatMap(({ failures }) => failures),
    };
  }

  /** A disk that is full for a while, from each operation of an append on, under one tree. */
  async fullDisk(): Promise<{
    readonly cases: number;
    readonly refused: number;
    readonly failures: readonly string[];
  }> {
    return JSON.parse((await this.#run('run-full-disk.js', [])).stdout);
  }

  /** Appends with nothing failing: every operation in order, such as `sync /log.sqlite-wal`; `write /acknowledged` is an answer. */
  async trace(): Promise<{ readonly acknowledged: number; readonly operations: readonly string[] }> {
    const { stdout, trace } = await this.#run('append-with-marks.js', []);
    return { acknowledged: Number(stdout), operations: readFileSync(trace, 'utf8').split('\n').filter(Boolean) };
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #run(script: string, args: readonly string[]): Promise<{ readonly stdout: string; readonly trace: string }> {
    this.#folders += 1;
    const folder = join(this.#folder, `${this.#folders}`);
    const [root, control, trace] = ['root', 'control', 'trace'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    mkdirSync(root, { recursive: true });
    writeFileSync(control, Buffer.alloc(32));
    const { stdout } = await run(process.execPath, [...leashed, here(script), root, control, ...args], {
      env: {
        ...process.env,
        LD_PRELOAD: join(this.#folder, 'shim.so'),
        COUNTERSIGN_FAULTS_ROOT: root,
        COUNTERSIGN_FAULTS_CONTROL: control,
        COUNTERSIGN_FAULTS_TRACE: trace,
      },
      maxBuffer: 64 * 1024 * 1024,
    });
    return { stdout, trace };
  }
}
