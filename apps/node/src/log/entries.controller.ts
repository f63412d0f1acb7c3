import { hasCode } from '@countersign/errors';
import { LogService, logEntryJson, virtualIndex } from '@countersign/log';
import { Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import { entriesPath } from '../errors/api-error.ts';
import { admissionRequest } from '../gate/gate-hook.ts';
import { UploadGate } from '../gate/upload-gate.ts';
import { acceptable, sendJson } from '../http/answer.ts';
import { jsonBody } from '../http/body.ts';
import type { Reply, Request } from '../http/types.ts';
import { Operation } from '../openapi/operation.ts';
import { entryParameter, type Query, requiredInteger } from './parameters.ts';
import { refuseProposal, refuseUpload } from './refusals.ts';
import { parseRetrieveQuery } from './retrieve-query.ts';

/**
 * Entries, in and out. Answers are written here and not by Nest or Fastify: an entry is one template, and upstream's
 * headers are exact.
 */
@Controller(entriesPath)
export class EntriesController {
  readonly #log: LogService;
  readonly #gate: UploadGate;

  constructor(@Inject(LogService) log: LogService, @Inject(UploadGate) gate: UploadGate) {
    this.#log = log;
    this.#gate = gate;
  }

  @Post()
  @Operation({
    id: 'createLogEntry',
    summary: 'Adds an entry to the log, once it has been verified',
    body: 'ProposedEntry',
    answer: { status: 201, schema: 'LogEntry', headers: ['ETag', 'Location'] },
    refusals: [400, 403, 405, 409, 413, 415, 422, 429, 501, 503],
  })
  async create(@Req() request: Request, @Res() reply: Reply): Promise<void> {
    const body = jsonBody(request, 'proposedEntry');
    const asked = admissionRequest(request);
    const entry = await this.#log.add(body, asked).catch((error: unknown) => {
      if (hasCode(error, 'ERR_ENTRY_EXISTS')) this.#gate.repeated(asked);
      return refuseUpload(error);
    });
    // The bare ID, unquoted: clients take it to be the key of the map.
    reply.header('etag', entry.id).header('location', `${entriesPath}/${entry.id}`);
    sendJson(reply, 201, logEntryJson(entry));
  }

  @Get()
  @Operation({
    id: 'getLogEntryByIndex',
    summary: 'The entry at an index over all shards',
    query: { logIndex: { required: true, schema: { type: 'integer', minimum: 0 } } },
    answer: { status: 200, schema: 'LogEntry' },
    refusals: [404, 406, 422],
  })
  async byIndex(@Req() request: Request, @Res() reply: Reply): Promise<void> {
    acceptable(request);
    const index = requiredInteger(request.query as Query, 'logIndex', 0);
    const entry = await this.#log.byIndex(virtualIndex(index));
    if (entry === undefined) sendNothing(reply);
    else sendJson(reply, 200, logEntryJson(entry));
  }

  @Get(':entryUUID')
  @Operation({
    id: 'getLogEntryByUUID',
    summary: 'The entry of an entry ID (80 hex digits) or a leaf hash (64)',
    path: { entryUUID: { type: 'string', pattern: '^([0-9a-fA-F]{64}|[0-9a-fA-F]{80})$' } },
    answer: { status: 200, schema: 'LogEntry' },
    refusals: [400, 404, 406, 422],
  })
  async byId(@Req() request: Request, @Res() reply: Reply): Promise<void> {
    acceptable(request);
    const { entryUUID } = request.params as { readonly entryUUID: string };
    const entry = await this.#log.byId(entryParameter(entryUUID));
    if (entry === undefined) sendNothing(reply);
    else sendJson(reply, 200, logEntryJson(entry));
  }

  @Post('retrieve')
  @Operation({
    id: 'searchLogQuery',
    summary: 'Up to ten entries, named by ID, index or content; those the log does not have are left out',
    body: 'RetrieveRequest',
    answer: { status: 200, schema: 'LogEntry', list: true },
    refusals: [400, 413, 415, 422, 429, 503],
  })
  async retrieve(@Req() request: Request, @Res() reply: Reply): Promise<void> {
    const query = parseRetrieveQuery(jsonBody(request, 'entry'));
    const entries = await this.#log.retrieve(query).catch(refuseProposal);
    sendJson(reply, 200, `[${entries.map(logEntryJson).join(',')}]`);
  }
}

/** Upstream's answer for an entry that is not there has no body and no type, unlike every other error. */
function sendNothing(reply: Reply): void {
  reply.code(404).send();
}
