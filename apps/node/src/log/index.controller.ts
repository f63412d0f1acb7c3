import { LogSearch, type SearchAnswer } from '@countersign/log';
import { Controller, Get, Inject, Post, Req, Res } from '@nestjs/common';
import { acceptable, sendJson } from '../http/answer.ts';
import { jsonBody } from '../http/body.ts';
import type { Reply, Request } from '../http/types.ts';
import { Operation } from '../openapi/operation.ts';
import { IndexQueries } from './index-queries.ts';
import type { Query } from './parameters.ts';
import { parseSearchQuery, searchQueryLimits } from './search-query.ts';

const { characters, criteria, defaultEntries, entries } = searchQueryLimits;
const texts = { type: 'array', maxItems: criteria, items: { type: 'string', minLength: 1, maxLength: characters } };

/** Search: entries by what is in them. */
@Controller('/api/v1/index')
export class IndexController {
  readonly #search: LogSearch;
  readonly #queries: IndexQueries;

  constructor(@Inject(LogSearch) search: LogSearch, @Inject(IndexQueries) queries: IndexQueries) {
    this.#search = search;
    this.#queries = queries;
  }

  @Post('retrieve')
  @Operation({
    id: 'searchIndex',
    summary: 'The IDs of all entries that are about a digest, a key, an e-mail address or a subject',
    body: 'IndexQuery',
    answer: { status: 200, schema: 'EntryId', list: true },
    refusals: [400, 413, 415, 422, 429, 503],
  })
  async retrieve(@Req() request: Request, @Res() reply: Reply): Promise<void> {
    const criteria = await this.#queries.read(jsonBody(request, 'query'));
    const ids = criteria.keys.length === 0 ? [] : await this.#search.all(criteria);
    sendJson(reply, 200, JSON.stringify(ids));
  }

  @Get('search')
  @Operation({
    id: 'searchIndexByKey',
    summary: 'Entries by whole index keys or what these start with, newest first, page by page',
    query: {
      key: { schema: texts },
      prefix: { schema: texts },
      operator: { schema: { type: 'string', enum: ['and', 'or'], default: 'or' } },
      limit: { schema: { type: 'integer', minimum: 1, maximum: entries, default: defaultEntries } },
      before: { schema: { type: 'integer', minimum: 0 } },
    },
    answer: { status: 200, schema: 'SearchResult' },
    refusals: [400, 406, 422, 503],
  })
  async search(@Req() request: Request, @Res() reply: Reply): Promise<void> {
    acceptable(request);
    const query = parseSearchQuery(request.query as Query);
    sendJson(reply, 200, resultJson(await this.#search.page(query.criteria, query.limit, query.before)));
  }
}

/** Writes a page as the API's `SearchResult`. */
function resultJson({ entries: found, indexedTo, next, treeSize }: SearchAnswer): string {
  const shown = found.map(({ id, integratedTime, logIndex, display = null }) => ({
    uuid: id,
    logIndex,
    integratedTime,
    display,
  }));
  return JSON.stringify({ entries: shown, next: next ?? null, indexedTo, treeSize });
}
