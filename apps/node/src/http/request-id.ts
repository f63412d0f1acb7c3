import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** What we take as a request id from a client: short, and harmless in a log line and a header. */
const safeId = /^[A-Za-z0-9._-]{1,64}$/;

/** Makes request ids: the client's `X-Request-Id` when it is safe, otherwise one that is unique over restarts. */
export function requestIds(): (request: Pick<IncomingMessage, 'headers'>) => string {
  const run = randomBytes(6).toString('hex');
  let count = 0;
  return ({ headers }) => {
    const given = headers['x-request-id'];
    return typeof given === 'string' && safeId.test(given) ? given : `${run}-${(++count).toString(36)}`;
  };
}
