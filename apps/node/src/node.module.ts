import { LogSearch, LogService } from '@countersign/log';
import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { UploadGate } from './gate/upload-gate.ts';
import { EntriesController } from './log/entries.controller.ts';
import { IndexController } from './log/index.controller.ts';
import { IndexQueries } from './log/index-queries.ts';
import { LogController } from './log/log.controller.ts';
import { LogKinds } from './log/log-kinds.ts';
import { HealthController } from './system/health.controller.ts';
import { MetricsController } from './system/metrics.controller.ts';
import { Metrics } from './system/metrics.ts';
import { NodeFacts } from './system/node-facts.ts';
import { NodeState } from './system/node-state.ts';
import { PageController } from './system/page.controller.ts';

/** The controllers of the API, which the OpenAPI document describes. */
export const apiControllers: readonly Type[] = [LogController, EntriesController, IndexController];

/** The parts that live as long as the node; Nest hands them to the controllers. */
export interface NodeParts {
  readonly log: LogService;
  readonly search: LogSearch;
  readonly queries: IndexQueries;
  readonly kinds: LogKinds;
  readonly gate: UploadGate;
  readonly metrics: Metrics;
  readonly state: NodeState;
  readonly facts: NodeFacts;
}

@Module({})
class NodeModule {}

/** The node's HTTP side. Everything below it is made and ended by `startNode`, not by Nest. */
export function nodeModule({ log, search, queries, kinds, gate, metrics, state, facts }: NodeParts): DynamicModule {
  return {
    module: NodeModule,
    controllers: [...apiControllers, HealthController, MetricsController, PageController],
    providers: [
      { provide: LogService, useValue: log },
      { provide: LogSearch, useValue: search },
      { provide: IndexQueries, useValue: queries },
      { provide: LogKinds, useValue: kinds },
      { provide: UploadGate, useValue: gate },
      { provide: Metrics, useValue: metrics },
      { provide: NodeState, useValue: state },
      { provide: NodeFacts, useValue: facts },
    ],
  };
}
