import { rmSync } from 'node:fs';
import { countersignCli, type LogClient, rekorCli } from './log-client.ts';
import { type LogUnderTest, startLog, temporaryFolder } from './log-under-test.ts';

/** One log for the cases of a suite, and both clients of it. Only what runs within a case may look at them. */
export interface SharedLog {
  readonly url: string;
  readonly upstream: LogClient;
  readonly own: LogClient;
  readonly both: readonly [upstream: LogClient, own: LogClient];
  /** Makes a folder that is removed after the suite. */
  newFolder(): string;
}

/**
 * Starts a log before the cases of the `describe` that calls this, and stops it after them.
 *
 * @param settings of the node, as environment variables
 */
export function shareLog(settings: Readonly<Record<string, string>> = {}): SharedLog {
  const folders: string[] = [];
  const newFolder = () => {
    const folder = temporaryFolder();
    folders.push(folder);
    return folder;
  };
  let log: LogUnderTest;
  let both: SharedLog['both'];

  beforeAll(async () => {
    log = await startLog({ env: settings });
    both = [rekorCli(log.url, newFolder()), countersignCli(log.url, newFolder())];
  });

  afterAll(async () => {
    await log?.close();
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  return {
    get url() {
      return log.url;
    },
    get upstream() {
      return both[0];
    },
    get own() {
      return both[1];
    },
    get both() {
      return both;
    },
    newFolder,
  };
}
