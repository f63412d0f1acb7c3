import { accessSync, constants, mkdirSync } from 'node:fs';
import { verifierName } from '@countersign/crypto';
import type { ShardAdmin } from '@countersign/log';
import { Admission, type EntryTypeInfo, PluginHost, type Provided } from '@countersign/plugin-host';
import { SearchIndex } from '@countersign/search';
import { lockDataFolder } from '@countersign/tree';
import type { Logger } from 'pino';
import { serveAdmin } from './admin/admin-server.ts';
import { applyChange } from './admin/shard-change.ts';
import { Closers } from './closers.ts';
import type { LoadedConfig } from './config/load-config.ts';
import type { NodeConfig } from './config/node-config.ts';
import { pluginsToLoad } from './config/plugins-to-load.ts';
import { hostnameOf } from './config/rules.ts';
import { dataFiles } from './data-files.ts';
import { UploadGate } from './gate/upload-gate.ts';
import { LogKinds } from './log/log-kinds.ts';
import { logLocation } from './log-location.ts';
import { openNodeLog } from './open-node-log.ts';
import { Scrub } from './operations/scrub.ts';
import { refuseUnfinished } from './operations/unfinished.ts';
import { openPublishers, type Publishers } from './publishers.ts';
import { Reloader } from './reloader.ts';
import { shardPlace } from './shard-place.ts';
import { Denials } from './system/denials.ts';
import { boundHeapGrowth } from './system/heap.ts';
import { createLogger, type LogSink } from './system/logger.ts';

/** What a start tells about itself while it goes on. */
export interface StartEvents {
  /** Something was made that was not there before, in words for an operator. */
  readonly onCreated?: (what: string) => void;
  /** Plugins were loaded. */
  readonly onLoaded?: (provided: readonly Provided[]) => void;
}

/** What {@link startNode} takes beside the configuration; tests set these. */
export interface StartOptions extends StartEvents {
  /** Where installed packages are looked for, and upwards: `LoadedConfig.folder`. The working directory when absent. */
  readonly folder?: string;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
  /** Where log lines go; standard output by default. */
  readonly logSink?: LogSink;
}

/** A node that takes requests. */
export interface RunningNode {
  /** The URL clients reach it at, without a trailing slash: `publicUrl`, or the listening address under `dev`. */
  readonly url: string;
  /** The URL of the listening address, without a trailing slash. */
  readonly localUrl: string;
  readonly port: number;
  /** Which verifier checks signatures over digests: `native`, or the slower `pure`. */
  readonly verifier: 'native' | 'pure';
  /** Threads that verify uploads. */
  readonly workers: number;
  /** What this start made: nothing on existing data. */
  readonly created: readonly string[];
  readonly provided: readonly Provided[];
  /**
   * Reads the configuration again, as `load` does, and puts into force what can change while the node runs:
   * `log.admission` and `logging.level`. Any fault in it leaves everything as it was. What happened is logged; this
   * never rejects.
   */
  reload(load: () => Promise<LoadedConfig>): Promise<void>;
  /**
   * Stops: not ready from now on, no new connection, accepted uploads finished and answered, everything closed.
   * Resolves when the data folder is free again. May be called more than once.
   */
  close(): Promise<void>;
}

/**
 * Starts a node on its data folder, which is made when it is not there. When this rejects, everything is closed again.
 *
 * @throws `ERR_CONFIG_INVALID`, `ERR_DATA_LOCKED`, `ERR_PLUGIN_INVALID`, `ERR_SIGNER`, `ERR_STORAGE`, `ERR_TREE_CORRUPT`,
 * `ERR_TREE_ROLLED_BACK`: each says what to do
 */
export async function startNode(config: NodeConfig, options: StartOptions = {}): Promise<RunningNode> {
  boundHeapGrowth();
  const closers = new Closers();
  try {
    return await start(config, options, closers);
  } catch (error) {
    await closers.close().catch(() => undefined);
    throw error;
  }
}

async function start(config: NodeConfig, options: StartOptions, closers: Closers): Promise<RunningNode> {
  const created: string[] = [];
  const onCreated = (what: string): void => {
    created.push(what);
    options.onCreated?.(what);
  };
  const { logger, close: closeLogger } = await createLogger(config.logging, options.logSink);
  closers.add(closeLogger);

  // Keys and database are nobody else's: the folder is closed before anything is in it.
  if (mkdirSync(config.data, { recursive: true, mode: 0o700 }) !== undefined) onCreated(`data folder ${config.data}`);
  // On a disk that nobody can write, there is nobody to keep out.
  if (!config.readOnly || isWritable(config.data)) {
    const lock = lockDataFolder(config.data);
    closers.add(() => lock.release());
  }

  const denials = new Denials(logger);
  // Nest loads here while the workers load the plugins.
  const [{ admission, provided, entryTypes }, { serveNode }] = await Promise.all([
    startAdmission(config, options.folder ?? process.cwd(), logger, denials),
    import('./serve-node.ts'),
  ]);
  closers.add(() => admission.close());
  const kinds = new LogKinds(entryTypes, provided);
  options.onLoaded?.(provided);

  const files = dataFiles(config.data);
  if (config.database === undefined) refuseUnfinished(files);
  const warn = (message: string, cause?: unknown): void => logger.warn({ err: cause }, message);
  const gate = new UploadGate(config.log.admission, { ...(options.clock && { clock: options.clock }), warn });
  let publishers: Publishers = {};
  const log = await openNodeLog(
    config,
    async (storage, reader) => {
      if (!config.readOnly) {
        publishers = await openPublishers(config, reader, warn);
        closers.add(() => Promise.all(Object.values(publishers).map((publisher) => publisher.close())));
      }
      return {
        ...shardPlace(config, storage, warn, options.clock),
        limits: { queueEntries: config.limits.queueEntries, queueBytes: config.limits.queueBytes },
        hostname: hostnameOf(config),
        admit: async (proposal, request) => {
          const entry = await admission.admit(proposal, request);
          if (request !== undefined) gate.charge(request, entry.signer);
          return entry;
        },
        display: (body) => admission.display(body),
        entryZero: config.log.entryZero,
        readOnly: config.readOnly,
        ...(config.log.attestations && {
          attestations: { bytes: config.limits.attestationBytes, onTooLarge: warn },
        }),
        openIndex: async (shards) => {
          const index = await SearchIndex.open(
            { path: files.search, logLocation: logLocation(config), log: storage, shards },
            { onWarning: warn },
          );
          closers.add(() => index.close());
          return index;
        },
        publishers: Object.values(publishers),
        onCreated,
      };
    },
    logger,
    closers,
  );

  const scrub = new Scrub({
    log: log.reader,
    leavesPerSecond: config.limits.scrubLeavesPerSecond,
    clock: options.clock ?? Date.now,
    warn: (message) => logger.warn(message),
  });
  closers.add(() => scrub.close());

  const served = await serveNode(
    {
      config,
      log: log.service,
      search: log.search,
      shared: log.shared,
      canonicalKey: (format, key) => admission.canonicalKey(format, key),
      logger,
      scrub,
      denials,
      gate,
      publishers,
      entryTypes,
      provided,
      kinds,
    },
    closers,
  );
  if (!config.readOnly) closers.add(await startAdmin(files.admin, log.admin, logger));
  const reloader = new Reloader(config, { admission, gate, logger });
  scrub.start();
  logger.info(
    { url: served.url, verifier: verifierName, workers: admission.workers, ...(config.readOnly && { readOnly: true }) },
    'ready',
  );
  return {
    ...served,
    verifier: verifierName,
    workers: admission.workers,
    created,
    provided,
    reload: (load) => reloader.reload(load),
    close: () => closers.close(),
  };
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A node without its admin socket is a node all the same: its shards are changed when it does not run. */
async function startAdmin(path: string, admin: ShardAdmin, logger: Logger): Promise<() => Promise<void>> {
  try {
    return await serveAdmin(path, async (change) => {
      logger.info({ change }, 'shards');
      await applyChange(admin, change);
      logger.info({ change }, 'shards changed');
    });
  } catch (err) {
    logger.warn({ err }, 'no admin socket: `countersign shard` cannot reach this node');
    return async () => undefined;
  }
}

interface Loaded {
  readonly admission: Admission;
  readonly provided: readonly Provided[];
  readonly entryTypes: readonly EntryTypeInfo[];
}

/** Loads the plugins here, to know what there is, and in the workers, which must find the same. */
async function startAdmission(
  { admission, limits, log, plugins }: NodeConfig,
  folder: string,
  logger: Logger,
  denials: Denials,
): Promise<Loaded> {
  const host = await PluginHost.load(await pluginsToLoad(plugins, folder));
  const started = await Admission.start({
    // The real folders that were found here, and nothing else.
    folders: host.plugins().map((plugin) => plugin.folder),
    digests: host.digests(),
    attestations: log.attestations,
    admission: log.admission,
    workers: admission.workers,
    limits: { jobs: limits.queueEntries, bytes: limits.queueBytes },
    onWorkerLost: (error) => logger.warn({ err: error }, 'a worker was replaced'),
    onRuling: denials.note,
  });
  return { admission: started, provided: host.describe(), entryTypes: host.entryTypes() };
}
