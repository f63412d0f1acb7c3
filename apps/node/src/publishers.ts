import { directoryStore, openS3Store, Publisher, type TreeReader } from '@countersign/tree';
import type { NodeConfig } from './config/node-config.ts';

/** What publishes the log, by the kind of place. */
export type Publishers = Readonly<Partial<Record<'directory' | 's3', Publisher>>>;

/** Opens the places where a node publishes its log. That one cannot be reached now is no reason not to start. */
export async function openPublishers(
  { log, limits }: Pick<NodeConfig, 'log' | 'limits'>,
  reader: TreeReader,
  warn: (message: string, cause?: unknown) => void,
): Promise<Publishers> {
  const { directory, s3 } = log.publish ?? {};
  const setup = { reader, warn, limits: { intervalMs: limits.publishIntervalMs } };
  return {
    ...(directory !== undefined && { directory: new Publisher({ ...setup, store: directoryStore(directory) }) }),
    ...(s3 !== undefined && { s3: new Publisher({ ...setup, store: await openS3Store(s3) }) }),
  };
}
