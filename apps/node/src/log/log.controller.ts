import { hasCode } from '@countersign/errors';
import { LogService } from '@countersign/log';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { acceptable, jsonType, sendJson } from '../http/answer.ts';
import type { Reply, Request } from '../http/types.ts';
import { Operation, treeIdQuery } from '../openapi/operation.ts';
import { LogKinds } from './log-kinds.ts';
import { integerParameter, type Query, requiredInteger, treeIdParameter } from './parameters.ts';

const pemType = 'application/x-pem-file';

/** The log as a whole: its state, its key, and proofs that it only grows. */
@Controller('/api/v1/log')
export class LogController {
  readonly #log: LogService;
  readonly #kinds: LogKinds;

  constructor(@Inject(LogService) log: LogService, @Inject(LogKinds) kinds: LogKinds) {
    this.#log = log;
    this.#kinds = kinds;
  }

  @Get()
  @Operation({
    id: 'getLogInfo',
    summary: 'Size, root and signed checkpoint of the log',
    answer: { status: 200, schema: 'LogInfo' },
    refusals: [406],
  })
  info(@Req() request: Request, @Res() reply: Reply): void {
    acceptable(request);
    sendJson(reply, 200, JSON.stringify(this.#log.info()));
  }

  @Get('kinds')
  @Operation({
    id: 'getLogKinds',
    summary: 'The entry types and PKI formats this node takes, with their schemas and digests',
    answer: { status: 200, schema: 'LogKinds' },
    refusals: [406],
  })
  kinds(@Req() request: Request, @Res() reply: Reply): void {
    acceptable(request);
    sendJson(reply, 200, this.#kinds.json);
  }

  @Get('publicKey')
  @Operation({
    id: 'getPublicKey',
    summary: 'The key that the log signs with, PEM',
    query: treeIdQuery,
    answer: { status: 200, types: [pemType, jsonType] },
    refusals: [400, 406, 422],
  })
  publicKey(@Req() request: Request, @Res() reply: Reply): void {
    const type = acceptable(request, [pemType, jsonType]);
    const treeId = treeIdParameter(request.query as Query);
    reply.header('content-type', type);
    try {
      const pem = this.#log.publicKey(treeId);
      reply.send(Buffer.from(type === jsonType ? JSON.stringify(pem) : pem));
    } catch (error) {
      if (!hasCode(error, 'ERR_SHARD_UNKNOWN')) throw error;
      // Upstream's: JSON, whatever type was chosen.
      reply.code(400).send(Buffer.from('{"code":400,"message":"Bad Request"}'));
    }
  }

  @Get('proof')
  @Operation({
    id: 'getLogProof',
    summary: 'A proof that the tree of one size extends the tree of another',
    query: {
      firstSize: { schema: { type: 'integer', minimum: 1, default: 1 } },
      lastSize: { required: true, schema: { type: 'integer', minimum: 1 } },
      ...treeIdQuery,
    },
    answer: { status: 200, schema: 'ConsistencyProof' },
    refusals: [400, 406, 422],
  })
  async proof(@Req() request: Request, @Res() reply: Reply): Promise<void> {
    acceptable(request);
    const query = request.query as Query;
    const first = integerParameter(query, 'firstSize', 1) ?? 1;
    const last = requiredInteger(query, 'lastSize', 1);
    sendJson(reply, 200, JSON.stringify(await this.#log.proof(first, last, treeIdParameter(query))));
  }
}
