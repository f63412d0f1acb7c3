import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, type NodeOptions, NodeProcess } from './node-process.ts';

/** The log that a suite runs against: a node of its own, or the one at COUNTERSIGN_COMPAT_URL. */
export interface LogUnderTest {
  readonly url: string;
  /** Stops a node of our own and starts it again on the same data and port. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** Makes a folder that the caller removes. */
export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'countersign-compat-'));

/** Starts a node on an empty data folder, unless COUNTERSIGN_COMPAT_URL names a log that runs already. */
export async function startLog(more: Pick<NodeOptions, 'flags' | 'env'> = {}): Promise<LogUnderTest> {
  const given = process.env.COUNTERSIGN_COMPAT_URL;
  if (given !== undefined) return { url: given, restart: async () => {}, close: async () => {} };
  const data = temporaryFolder();
  const options = { data, port: await freePort(), ...more };
  let node = await NodeProcess.start(options);
  return {
    url: node.url,
    restart: async () => {
      await node.stop();
      node = await NodeProcess.start(options);
    },
    close: async () => {
      await node.stop();
      rmSync(data, { recursive: true });
    },
  };
}
