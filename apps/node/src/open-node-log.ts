import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { CountersignError } from '@countersign/errors';
import { type LogSetup, type OpenLog, type OpenSharedLog, openLog, openSharedLog } from '@countersign/log';
import {
  openPostgresStorage,
  openSqliteReader,
  openSqliteStorage,
  openTreeReader,
  readOnlyStorage,
  type TreeReader,
  type TreeStorage,
} from '@countersign/tree';
import type { Logger } from 'pino';
import type { Closers } from './closers.ts';
import type { NodeConfig } from './config/node-config.ts';
import { dataFiles } from './data-files.ts';

/** The log of a node. */
export interface NodeLog extends OpenLog, Partial<Pick<OpenSharedLog, 'shared'>> {
  /** For all that reads beside the log itself, and is closed before it. */
  readonly reader: TreeReader;
}

/** The name of this process as a holder of the lease: for people, and no other process has it. */
export function ownerName(): string {
  return `${hostname()}:${process.pid}:${randomBytes(4).toString('hex')}`;
}

/**
 * Opens the log of a node: in its data folder, or in the database that it shares with other nodes.
 *
 * @param setupOf the rest of the setup
 * @throws `ERR_CONFIG_INVALID` when there is a log in the data folder and a database besides; what opening refuses with
 */
export async function openNodeLog(
  { data, database, readOnly }: Pick<NodeConfig, 'data' | 'database' | 'readOnly'>,
  setupOf: (storage: TreeStorage, reader: TreeReader) => Promise<LogSetup>,
  logger: Logger,
  closers: Closers,
): Promise<NodeLog> {
  const { log: file } = dataFiles(data);
  if (database === undefined) {
    const storage = readOnly ? await openToRead(file) : await openSqliteStorage(file);
    closers.add(() => storage.close());
    const reader = await readBeside(file, closers);
    const log = await openLog(await setupOf(storage, reader));
    closers.add(() => log.close());
    return { ...log, reader };
  }
  if (existsSync(file)) {
    throw new CountersignError(
      'ERR_CONFIG_INVALID',
      `there is a log in ${data}, which would not be served: a node with a database needs a data folder without one`,
    );
  }
  const storage = await openPostgresStorage({ url: database });
  closers.add(() => storage.close());
  const reader = await readBeside(database, closers);
  const log = await openSharedLog({
    ...(await setupOf(storage, reader)),
    storage,
    owner: ownerName(),
    onRole: (leads, why) => logger.info({ why }, leads ? 'this node sequences' : 'this node follows'),
    warn: (message, err) => logger.warn({ err }, message),
  });
  closers.add(() => log.close());
  return { ...log, reader };
}

async function readBeside(location: string, closers: Closers): Promise<TreeReader> {
  const reader = await openTreeReader(location);
  closers.add(() => reader.close());
  return reader;
}

async function openToRead(file: string): Promise<TreeStorage> {
  if (!existsSync(file)) throw new CountersignError('ERR_STORAGE', `there is no log in ${dirname(file)} to be read`);
  return readOnlyStorage(await openSqliteReader(file));
}
