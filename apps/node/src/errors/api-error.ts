import { errorTable, hasCode } from '@countersign/errors';
import { HttpException } from '@nestjs/common';

/** An answer to a request that failed, in the shape of Rekor's v1 API: `{code, message}`. */
export interface ApiError {
  readonly status: number;
  /** The status again, or the validator's number (601 and up) where a value does not fit its schema. */
  readonly code: number;
  readonly message: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What {@link apiError} needs to know of the request. */
export interface ErrorContext {
  /** The path, without the query. */
  readonly path: string;
  readonly requestId: string;
  /** The limit on bodies, to be named when one is over it. */
  readonly bodyBytes: number;
}

/** Where the v1 API shows entries. */
export const entriesPath = '/api/v1/log/entries';

/** What a client is told to wait when the storage fails: nobody makes room on a disk within a second. */
const storageRetrySeconds = 5;

/** Turns whatever was thrown into the answer. Anything that is not an expected refusal is a generic 500. */
export function apiError(error: unknown, context: ErrorContext): ApiError {
  if (error instanceof HttpException) return httpError(error.getStatus(), context);
  if (!hasCode(error)) return internal(context);
  const details = 'details' in error && typeof error.details === 'object' ? { ...error.details } : {};
  const [status] = errorTable[error.code];
  const { message } = error;
  switch (error.code) {
    case 'ERR_SCHEMA':
      return { status, code: numberOf(details, 'code') ?? status, message, headers: {} };
    case 'ERR_ENTRY_EXISTS':
      return { ...plain(status, message), headers: { location: `${entriesPath}/${textOf(details, 'entryId')}` } };
    case 'ERR_INDEX_BEHIND':
    case 'ERR_LEASE_LOST':
    case 'ERR_NO_SEQUENCER':
    case 'ERR_QUEUE_FULL':
    case 'ERR_RATE_LIMITED':
    case 'ERR_SHUTTING_DOWN':
      return {
        ...plain(status, message),
        headers: { 'retry-after': String(numberOf(details, 'retryAfterSeconds') ?? 1) },
      };
    case 'ERR_STORAGE_UNAVAILABLE':
      // Of why, a stranger needs to know no more than that it may pass.
      return {
        ...plain(
          status,
          `the log's storage cannot be used just now; nothing was stored, try again later (request ${context.requestId})`,
        ),
        headers: { 'retry-after': String(storageRetrySeconds) },
      };
    case 'ERR_SHARD_FROZEN':
      // What is left of the path: reads.
      return { ...plain(status, message), headers: { allow: 'GET' } };
    case 'ERR_HTTP_METHOD':
      return { ...plain(status, message), headers: { allow: textOf(details, 'allow') } };
    default:
      // What failed inside is for the log, not for strangers.
      return status >= 500 && status !== 501 ? internal(context) : plain(status, message);
  }
}

/** What Nest and Fastify refuse by themselves. */
function httpError(status: number, { path, bodyBytes, requestId }: ErrorContext): ApiError {
  switch (status) {
    case 404:
      return plain(404, `path ${path} was not found`);
    case 413:
      return plain(413, `Request Entity Too Large. Limit set to ${bodyBytes}`);
    case 415:
      return plain(415, 'unsupported media type, only [application/json] are allowed');
    default:
      return status >= 400 && status < 500 ? plain(status, 'Bad Request') : internal({ path, bodyBytes, requestId });
  }
}

function internal({ requestId }: ErrorContext): ApiError {
  return plain(500, `internal error; the server's log says more at request ${requestId}`);
}

function plain(status: number, message: string): ApiError {
  return { status, code: status, message, headers: {} };
}

function numberOf(details: object, name: string): number | undefined {
  const value: unknown = Reflect.get(details, name);
  return typeof value === 'number' ? value : undefined;
}

function textOf(details: object, name: string): string {
  const value: unknown = Reflect.get(details, name);
  return typeof value === 'string' ? value : '';
}
