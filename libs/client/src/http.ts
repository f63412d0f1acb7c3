import { Readable } from 'node:stream';
import { type Dispatcher, request } from 'undici';
import { type OnProgress, readCapped } from './body.ts';
import { clientLimits } from './limits.ts';
import { isTransient, networkError } from './network-error.ts';
import { isRetryable, retryPause } from './retry.ts';

/** One request to the log's API. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /** `Accept`. */
  readonly accept: string;
  /** Sent as `application/json`. */
  readonly json?: unknown;
  /** `Authorization`. */
  readonly authorization?: string;
  /** Told how much of `json` the connection has taken. */
  readonly onSent?: OnProgress;
}

/** A complete answer of any status. */
export interface HttpAnswer {
  readonly status: number;
  readonly url: URL;
  /** Requests made, the last one included. */
  readonly attempts: number;
  header(name: string): string | undefined;
  readonly body: Uint8Array;
}

/** What {@link send} works with. */
export interface HttpOptions {
  readonly dispatcher: Dispatcher;
  readonly userAgent: string;
  /** Milliseconds for the request with all its retries; 0 for no limit. */
  readonly timeout: number;
  /** Further attempts after a transient failure. */
  readonly retries: number;
  readonly answerBytes: number;
  /** Waits, until `signal` aborts at the latest. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
}

/**
 * Sends one request, again after broken connections, 429 and 5xx. Redirects are not followed:
 * they are answers like others.
 *
 * @throws `ERR_NETWORK` when no complete answer came, `ERR_TOO_LARGE` when it is over the limit
 */
export async function send(ask: HttpRequest, options: HttpOptions): Promise<HttpAnswer> {
  const signal = options.timeout > 0 ? AbortSignal.timeout(options.timeout) : new AbortController().signal;
  for (let attempt = 1; ; attempt++) {
    let answer: HttpAnswer | undefined;
    let failure: Error | undefined;
    try {
      answer = await attemptOnce(ask, attempt, options, signal);
      if (!isRetryable(answer.status)) return answer;
    } catch (error) {
      failure = networkError(error, ask.url);
      if (!isTransient(failure)) throw failure;
    }
    const last = attempt > options.retries;
    const pause = last
      ? undefined
      : retryPause(attempt, answer?.header('retry-after'), { now: options.now(), random: options.random() });
    if (pause === undefined) {
      if (answer !== undefined) return answer;
      throw failure;
    }
    try {
      await options.sleep(pause, signal);
    } catch (error) {
      // The time is up. The last answer says more than that.
      if (answer !== undefined) return answer;
      throw failure ?? networkError(error, ask.url);
    }
  }
}

async function attemptOnce(
  { method, url, accept, json, authorization, onSent }: HttpRequest,
  attempts: number,
  { dispatcher, userAgent, answerBytes }: HttpOptions,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const content = json === undefined ? undefined : Buffer.from(JSON.stringify(json));
  const response = await request(url, {
    method,
    dispatcher,
    signal,
    headers: {
      accept,
      'user-agent': userAgent,
      ...(authorization === undefined ? {} : { authorization }),
      ...(content === undefined ? {} : { 'content-type': 'application/json', 'content-length': `${content.length}` }),
    },
    ...(content === undefined
      ? {}
      : { body: onSent === undefined ? content : Readable.from(inPieces(content, onSent)) }),
  });
  const refused = response.statusCode >= 300;
  const body = refused
    ? await readStart(response.body, clientLimits.refusalBytes)
    : await readCapped(response.body, answerBytes, `the answer of ${url.origin}`);
  return {
    status: response.statusCode,
    url,
    attempts,
    body,
    header(name) {
      const value = response.headers[name];
      return Array.isArray(value) ? value[0] : value;
    },
  };
}

/** The content, a piece each time the connection takes more. */
async function* inPieces(content: Uint8Array, onSent: OnProgress): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < content.length; start += clientLimits.sentPiece) {
    onSent(start, content.length);
    yield content.subarray(start, start + clientLimits.sentPiece);
  }
  onSent(content.length, content.length);
}

/** The first bytes of a refusal; the reason stands there, and the rest need not be waited for. */
async function readStart(stream: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= maxBytes) break;
  }
  return new Uint8Array(Buffer.concat(chunks).subarray(0, maxBytes));
}
