import { loadConfig, startNode } from '@countersign/node';
import type { Io } from '../io.ts';
import { readyText } from '../text/ready-text.ts';

/** The flags of `countersign up`; each overrides a setting of the configuration. */
export interface UpOptions {
  readonly data?: string;
  readonly database?: string;
  readonly port?: number;
  readonly host?: string;
  readonly publicUrl?: string;
  readonly config?: string;
  readonly dev?: true;
  readonly readOnly?: true;
  /** False for `--no-entry-zero`. */
  readonly entryZero: boolean;
  readonly pluginFolder?: readonly string[];
}

/** One signal may come twice: from the terminal, and passed on by npm. */
const sameSignalMilliseconds = 1000;

/** 128 and the signal's number, as shells have it. */
const abortCodes: ReadonlyMap<string, number> = new Map([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
]);

/**
 * `countersign up`: runs a node until it is told to stop. The first SIGTERM or SIGINT, or the end of its terminal, lets
 * every accepted upload end, the next one does not wait. SIGHUP has it read its configuration again. Log lines go to
 * standard output; what is said to a person goes to standard error.
 */
export async function run(options: UpOptions, io: Io): Promise<void> {
  let missed = false;
  let reload = (): void => {
    missed = true;
  };
  const stop = waitForStop(io, () => reload());
  try {
    const load = () =>
      loadConfig({
        flags: settingsOf(options),
        environment: io.env,
        ...(options.config === undefined ? {} : { file: options.config }),
      });
    const { config, folder, warnings } = await load();
    for (const warning of warnings) io.err(`countersign: warning: ${warning}\n`);
    // Under a supervisor the log lines say it all.
    const talk = io.terminal || config.dev;
    const say = (line: string): void => {
      if (talk) io.err(`${line}\n`);
    };
    const node = await startNode(config, {
      folder,
      onLoaded: (provided) => {
        for (const { type, id, version, digest } of provided) say(`loaded ${type} ${id} ${version} (sha256 ${digest})`);
      },
      onCreated: (what) => say(`made ${what}`),
    });
    if (talk) io.err(readyText(node));
    reload = () => void node.reload(load);
    if (missed) reload();
    const signal = await stop.requested;
    if (talk) io.err(`${signal}: stopping once accepted uploads are written; again to stop at once\n`);
    await node.close();
  } finally {
    stop.end();
  }
}

/** Only what was given: the rest is for environment, file and defaults. */
function settingsOf(options: UpOptions): Record<string, unknown> {
  const { data, database, port, host, publicUrl, dev, readOnly, entryZero, pluginFolder } = options;
  return {
    data,
    database,
    port,
    host,
    publicUrl,
    dev,
    readOnly,
    ...(entryZero ? {} : { log: { entryZero: false } }),
    ...(pluginFolder === undefined ? {} : { plugins: { folders: pluginFolder } }),
  };
}

/** @param onReload called on each SIGHUP that means the configuration */
function waitForStop(io: Io, onReload: () => void): { readonly requested: Promise<string>; readonly end: () => void } {
  let ends: readonly (() => void)[] = [];
  const requested = new Promise<string>((resolve) => {
    let first: number | undefined;
    const stop = (signal: string): void => {
      if (first === undefined) {
        first = io.now();
        resolve(signal);
      } else if (io.now() - first >= sameSignalMilliseconds) {
        io.abort(abortCodes.get(signal) ?? 143);
      }
    };
    ends = [io.onStop(stop), io.onHangup((terminalGone) => (terminalGone ? stop('SIGHUP') : onReload()))];
  });
  return {
    requested,
    end: () => {
      for (const end of ends) end();
    },
  };
}
