import { CountersignError, hasCode } from '@countersign/errors';
import { textOf } from './caught.ts';

/** Certificate failures as Node names them: trying again does not help, `--ca-file` may. */
const certificateCodes = /CERT|ISSUER|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ALTNAME/;

/** What people read instead of a code. */
const plainReasons: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused: nothing listens there'],
  ['ECONNRESET', 'the connection broke off'],
  ['EPIPE', 'the connection broke off'],
  ['ENOTFOUND', 'there is no such host'],
  ['EAI_AGAIN', 'the name of the host cannot be looked up now'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak TLS: is its address http://?'],
  ['UND_ERR_CONNECT_TIMEOUT', 'no connection within the time limit'],
]);

/** The `code` of a failed connection, or the deepest message there is. */
function reasonOf(error: unknown): string {
  const code = textOf(error, 'code');
  if (code !== undefined && code !== 'UND_ERR_SOCKET') return code;
  if (typeof error === 'object' && error !== null && 'cause' in error && error.cause !== undefined) {
    return reasonOf(error.cause);
  }
  return textOf(error, 'message') ?? String(error);
}

/** Turns what a connection threw into `ERR_NETWORK`, naming the host and what to look at. Ours pass unchanged. */
export function networkError(error: unknown, url: URL): Error {
  if (hasCode(error)) return error;
  const timedOut = ['TimeoutError', 'AbortError'].includes(textOf(error, 'name') ?? '');
  const reason = timedOut ? 'no complete answer within the time limit' : reasonOf(error);
  const certificate = !timedOut && certificateCodes.test(reason);
  const hint = certificate ? 'its certificate is not trusted: ' : '';
  const why = plainReasons.get(reason) ?? reason;
  return new CountersignError('ERR_NETWORK', `no answer from ${url.origin}: ${hint}${why}`, {
    cause: error,
    details: { url: url.href, reason, retryable: !timedOut && !certificate },
  });
}

/** Tells whether another attempt may succeed where this one failed. */
export function isTransient(error: unknown): boolean {
  if (!hasCode(error, 'ERR_NETWORK') || !('details' in error)) return false;
  const { details } = error;
  return typeof details === 'object' && details !== null && Reflect.get(details, 'retryable') === true;
}
