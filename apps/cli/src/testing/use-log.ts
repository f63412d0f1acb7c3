import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeLog } from '@countersign/client/testing';
import { type Ran, runIn } from './test-io.ts';

/** The tree of the log that {@link useLog} starts. */
export const treeId = '1193050959916656506';

/** A log and a home folder of one test. */
export interface LogFixture {
  readonly log: FakeLog;
  readonly home: string;
  /** Runs a command against the log. */
  run(...args: string[]): Promise<Ran>;
  /** Runs a command that has to succeed, and gives its standard output. */
  ok(...args: string[]): Promise<string>;
  /** Signs an artifact with a new key: the flags that name the three files. */
  signed(content?: string): Promise<readonly string[]>;
}

/** Starts an empty log, and makes an empty home folder, for every test of a file. */
export function useLog(): LogFixture {
  let log: FakeLog;
  let home: string;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'countersign-cli-'));
    log = await FakeLog.start(treeId);
  });
  afterEach(async () => {
    await log.close();
    await rm(home, { recursive: true });
  });
  const run = (...args: string[]) => runIn(home, [...args, '--rekor_server', log.url, '--retry', '0']);
  return {
    get log() {
      return log;
    },
    get home() {
      return home;
    },
    run,
    async ok(...args) {
      const { code, out, err } = await run(...args);
      if (code !== 0) throw new Error(`${args.join(' ')}: ${code}\n${err}`);
      return out;
    },
    async signed(content = 'artifact') {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const files = {
        artifact: content,
        signature: sign('sha256', Buffer.from(content), privateKey),
        'public-key': publicKey.export({ format: 'pem', type: 'spki' }),
      };
      const flags: string[] = [];
      for (const [name, data] of Object.entries(files)) {
        await writeFile(join(home, name), data);
        flags.push(`--${name}`, join(home, name));
      }
      return flags;
    },
  };
}
