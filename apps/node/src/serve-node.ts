import 'reflect-metadata';
import type { LogSearch, LogService, SharedLog } from '@countersign/log';
import type { EntryTypeInfo, Provided } from '@countersign/plugin-host';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Logger } from 'pino';
import type { Closers } from './closers.ts';
import type { NodeConfig } from './config/node-config.ts';
import { urlHost } from './config/rules.ts';
import { ApiExceptionFilter } from './errors/exception.filter.ts';
import { addGate } from './gate/gate-hook.ts';
import type { UploadGate } from './gate/upload-gate.ts';
import { createAdapter } from './http/adapter.ts';
import { addHooks } from './http/hooks.ts';
import { listen, stopListening } from './http/listen.ts';
import { Methods } from './http/methods.ts';
import { type CanonicalKey, IndexQueries } from './log/index-queries.ts';
import type { LogKinds } from './log/log-kinds.ts';
import { apiControllers, nodeModule } from './node.module.ts';
import { openApiDocument } from './openapi/document.ts';
import type { Scrub } from './operations/scrub.ts';
import type { Publishers } from './publishers.ts';
import type { Denials } from './system/denials.ts';
import { Metrics } from './system/metrics.ts';
import { NodeFacts } from './system/node-facts.ts';
import { NodeState } from './system/node-state.ts';
import { version } from './version.ts';

/** What the HTTP side stands on. */
export interface ServeSetup {
  readonly config: NodeConfig;
  readonly log: LogService;
  readonly search: LogSearch;
  /** Set when this is one of several nodes. */
  readonly shared: SharedLog | undefined;
  /** The canonical bytes of a public key of a PKI format. */
  readonly canonicalKey: CanonicalKey;
  readonly logger: Logger;
  readonly scrub: Scrub;
  readonly denials: Denials;
  readonly gate: UploadGate;
  readonly publishers: Publishers;
  readonly entryTypes: readonly EntryTypeInfo[];
  readonly provided: readonly Provided[];
  readonly kinds: LogKinds;
}

/** Where the node is reached. */
export interface Served {
  readonly url: string;
  readonly localUrl: string;
  readonly port: number;
}

/** Builds the HTTP side and opens the port. What has to be ended goes to `closers`. */
export async function serveNode(
  {
    config,
    log,
    search,
    shared,
    canonicalKey,
    logger,
    scrub,
    denials,
    gate,
    publishers,
    entryTypes,
    provided,
    kinds,
  }: ServeSetup,
  closers: Closers,
): Promise<Served> {
  const state = new NodeState(() => shared?.leads);
  const metrics = new Metrics(
    () => log.info().treeSize,
    log.readOnly,
    () => search.state,
    () => scrub.state,
    () => denials.counts,
    () => gate.refused,
    publishers,
    () => ({ leads: shared?.leads ?? true, lagMs: shared?.lagMs ?? 0 }),
  );
  closers.add(() => metrics.close());
  const facts = new NodeFacts((serverUrl) =>
    openApiDocument({ controllers: apiControllers, entryTypes, version, serverUrl }),
  );

  const adapter = createAdapter(config);
  const instance = adapter.getInstance();
  const methods = new Methods();
  methods.watch(instance);
  addHooks(instance, metrics, logger);
  addGate(instance, gate);
  const app = await NestFactory.create<NestFastifyApplication>(
    nodeModule({ log, search, queries: new IndexQueries(provided, canonicalKey), kinds, gate, metrics, state, facts }),
    adapter,
    {
      logger: false,
      bodyParser: false,
      abortOnError: false,
    },
  );
  app.useGlobalFilters(new ApiExceptionFilter(logger, methods, config.limits.bodyBytes));
  app.getHttpServer().maxConnections = config.limits.connections;
  closers.add(() => stopListening(app, config.limits.drainSeconds));

  const port = await listen(app, config.host, config.port);
  closers.add(() => {
    state.phase = 'draining';
  });
  const localUrl = `${config.tls === undefined ? 'http' : 'https'}://${urlHost(config.host)}:${port}`;
  facts.url = config.publicUrl?.replace(/\/$/, '') ?? localUrl;
  state.phase = 'ready';
  return { url: facts.url, localUrl, port };
}
