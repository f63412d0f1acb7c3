import { setTimeout as wait } from 'node:timers/promises';
import { type JsonObject, type JsonValue, parseJson, utf8Decode } from '@countersign/encoding';
import { CountersignError, malformed } from '@countersign/errors';
import {
  type ConsistencyProofV1,
  type LogEntryV1,
  type LogInfoV1,
  parseConsistencyProofV1,
  parseEntryId,
  parseLogEntryV1,
  parseLogInfoV1,
  sameEntry,
} from '@countersign/verify';
import type { Dispatcher } from 'undici';
import type { OnProgress } from './body.ts';
import { type HttpAnswer, type HttpOptions, type HttpRequest, send } from './http.ts';
import { type FoundPage, type IndexQuery, type PageQuery, parseFoundPage, parseFoundUuids } from './index-search.ts';
import { clientLimits } from './limits.ts';
import { isJsonType, refusal } from './refusal.ts';

/** How a {@link RekorClient} reaches its log. */
export interface RekorClientOptions {
  /** The log's address, with the path it is served under when that is not `/`. */
  readonly baseUrl: string;
  readonly dispatcher: Dispatcher;
  readonly userAgent: string;
  /** Milliseconds for one call with its retries; 0 for no limit. */
  readonly timeout: number;
  /** Further attempts after a broken connection, 429 or 5xx. */
  readonly retries: number;
  readonly answerBytes?: number;
  readonly sleep?: HttpOptions['sleep'];
  readonly now?: () => number;
  readonly random?: () => number;
}

/** What became of an upload. */
export type AddedEntry =
  | {
      readonly exists: false;
      readonly entry: LogEntryV1;
      /** The `Location` the log answered, as it answered it. */
      readonly location: string;
    }
  | {
      readonly exists: true;
      /** The id at the end of `location`. */
      readonly entryId: string;
      readonly location: string;
    };

/** What {@link RekorClient.retrieve} asks for: at most ten things in all. */
export interface RetrieveQuery {
  readonly entryUUIDs?: readonly string[];
  readonly logIndexes?: readonly number[];
  readonly entries?: readonly JsonObject[];
}

/**
 * A client of one transparency log, Rekor's API v1. It parses and caps what comes, and verifies
 * nothing: answers are claims until they are checked. No method follows a redirect.
 *
 * Every method throws `ERR_NETWORK`, `ERR_SERVER_REFUSED` (with `details.status`, `code` and
 * `message`), `ERR_TOO_LARGE`, or `ERR_MALFORMED` when the answer is not what the API sends.
 */
export class RekorClient {
  readonly #base: URL;
  readonly #http: HttpOptions;

  /** Throws `ERR_CONFIG_INVALID` unless `baseUrl` is an http(s) address. */
  constructor({ baseUrl, ...options }: RekorClientOptions) {
    this.#base = parseBase(baseUrl);
    this.#http = {
      answerBytes: clientLimits.answerBytes,
      sleep: (milliseconds, signal) => wait(milliseconds, undefined, { signal }),
      now: Date.now,
      random: Math.random,
      ...options,
    };
  }

  /**
   * Uploads a proposed entry `{apiVersion, kind, spec}`. An equal entry that exists is no error.
   *
   * @param token the bearer token that says who uploads
   */
  async addEntry(proposal: JsonObject, onSent?: OnProgress, token?: string): Promise<AddedEntry> {
    const ask = {
      json: proposal,
      ...(onSent === undefined ? {} : { onSent }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    const answer = await this.#send('POST', 'log/entries', ask);
    if (answer.status === 409) {
      const location = locationOf(answer);
      const [, entryId] = /\/((?:[0-9a-f]{16})?[0-9a-f]{64})$/i.exec(location) ?? [];
      if (entryId === undefined) throw malformed('answer', 'the Location of the existing entry names none');
      return { exists: true, entryId, location };
    }
    if (answer.status !== 201) throw refusal(answer);
    return { exists: false, entry: parseLogEntryV1(jsonOf(answer)), location: locationOf(answer) };
  }

  /** The entry of this UUID (64 hex digits) or id (80). Throws `ERR_ENTRY_NOT_FOUND`. */
  async entryById(id: string): Promise<LogEntryV1> {
    const wanted = parseEntryId(id);
    const entry = parseLogEntryV1(jsonOf(await this.#found(`log/entries/${id}`, `no entry ${id}`)));
    if (!sameEntry(wanted, parseEntryId(entry.id))) {
      throw mismatch(`asked for entry ${id}, the log answered with ${entry.id}`);
    }
    return entry;
  }

  /** The entry at this index, counted over all shards. Throws `ERR_ENTRY_NOT_FOUND`. */
  async entryByIndex(index: number): Promise<LogEntryV1> {
    const entry = parseLogEntryV1(
      jsonOf(await this.#found(`log/entries?logIndex=${index}`, `no entry at index ${index}`)),
    );
    if (entry.logIndex !== index) {
      throw mismatch(`asked for the entry at index ${index}, the log answered with index ${entry.logIndex}`);
    }
    return entry;
  }

  /** The entries found out of those asked for; what is not in the log is left out. */
  async retrieve(query: RetrieveQuery): Promise<readonly LogEntryV1[]> {
    const value = jsonOf(await this.#send('POST', 'log/entries/retrieve', { json: query }));
    if (!Array.isArray(value)) throw malformed('answer', 'not a list of entries');
    return value.map((item: JsonValue) => parseLogEntryV1(item));
  }

  /** The state of the log. */
  async logInfo(): Promise<LogInfoV1> {
    return parseLogInfoV1(jsonOf(await this.#send('GET', 'log')));
  }

  /** The consistency proof from size `first` to size `last`, both at least 1; of the active tree unless `treeId` names another. */
  async proof(first: number, last: number, treeId?: string): Promise<ConsistencyProofV1> {
    const query = new URLSearchParams({ firstSize: `${first}`, lastSize: `${last}` });
    if (treeId !== undefined) query.set('treeID', treeId);
    return parseConsistencyProofV1(jsonOf(await this.#send('GET', `log/proof?${query}`)));
  }

  /** The PEM of the key of the active tree, or of `treeId`. */
  async publicKey(treeId?: string): Promise<string> {
    const query = treeId === undefined ? '' : `?${new URLSearchParams({ treeID: treeId })}`;
    const answer = await this.#send('GET', `log/publicKey${query}`, { accept: 'application/x-pem-file' });
    if (answer.status !== 200) throw refusal(answer);
    return utf8Decode(answer.body);
  }

  /** The UUIDs that the log's index has for a query; none is an empty list. Throws `ERR_NOT_AVAILABLE` where there is no index. */
  async findUuids(query: IndexQuery): Promise<readonly string[]> {
    return parseFoundUuids(this.#searched(await this.#send('POST', 'index/retrieve', { json: query })));
  }

  /** One page of a search, newest first. Throws `ERR_NOT_AVAILABLE` where the log has no such API. */
  async search(query: PageQuery): Promise<FoundPage> {
    const { keys, prefixes, operator, limit, before } = query;
    const parameters = new URLSearchParams([
      ...keys.map((key): [string, string] => ['key', key]),
      ...prefixes.map((prefix): [string, string] => ['prefix', prefix]),
    ]);
    parameters.set('operator', operator);
    parameters.set('limit', `${limit}`);
    if (before !== undefined) parameters.set('before', `${before}`);
    const answer = await this.#send('GET', `index/search?${parameters}`);
    if (answer.status === 404 || answer.status === 405) {
      const message = `${this.#base.origin} has no search by key, prefix or page: it is no Countersign log, or an older one`;
      throw new CountersignError('ERR_NOT_AVAILABLE', message, { details: { url: answer.url.href } });
    }
    return parseFoundPage(this.#searched(answer), query);
  }

  #searched(answer: HttpAnswer): JsonValue {
    if (answer.status !== 501) return jsonOf(answer);
    throw new CountersignError('ERR_NOT_AVAILABLE', `search index not enabled on ${this.#base.origin}`, {
      details: { url: answer.url.href },
    });
  }

  #send(method: HttpRequest['method'], path: string, ask: Partial<HttpRequest> = {}): Promise<HttpAnswer> {
    const url = new URL(`api/v1/${path}`, this.#base);
    return send({ method, url, accept: 'application/json', ...ask }, this.#http);
  }

  async #found(path: string, message: string): Promise<HttpAnswer> {
    const answer = await this.#send('GET', path);
    if (answer.status !== 404) return answer;
    throw new CountersignError('ERR_ENTRY_NOT_FOUND', `${this.#base.origin} has ${message}`, {
      details: { url: answer.url.href },
    });
  }
}

function parseBase(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new CountersignError('ERR_CONFIG_INVALID', `not an http or https address: ${text}`);
  }
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  url.search = '';
  url.hash = '';
  return url;
}

function jsonOf(answer: HttpAnswer): JsonValue {
  if (answer.status !== 200 && answer.status !== 201) throw refusal(answer);
  const type = answer.header('content-type');
  if (!isJsonType(type)) {
    throw malformed('answer', `${answer.url.origin} sent ${type ?? 'no content type'}, not JSON: is this a log?`);
  }
  return parseJson(answer.body);
}

function locationOf(answer: HttpAnswer): string {
  const location = answer.header('location');
  if (location === undefined || !/^[\x21-\x7e]+$/.test(location)) throw malformed('answer', 'no usable Location');
  return location;
}

function mismatch(message: string): CountersignError {
  return new CountersignError('ERR_ENTRY_MISMATCH', message);
}
