import type { Reply, Request } from './types.ts';

const methods = new Set(['GET', 'POST', 'HEAD']);

/**
 * Lets pages of any origin read: nothing here is secret or depends on who asks.
 *
 * @returns whether the request was a preflight, which is answered
 */
export function answerCors(request: Request, reply: Reply): boolean {
  const { origin } = request.headers;
  const wanted = request.method === 'OPTIONS' ? request.headers['access-control-request-method'] : undefined;
  if (origin !== undefined && methods.has(wanted ?? request.method)) {
    reply.header('access-control-allow-origin', '*');
    if (wanted === undefined)
      reply.header('access-control-expose-headers', 'ETag, Location, Retry-After, X-Request-Id');
  }
  if (origin === undefined || wanted === undefined) return false;

  reply.header('vary', 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers');
  if (methods.has(wanted)) {
    const headers = request.headers['access-control-request-headers'];
    reply.header('access-control-allow-methods', wanted);
    if (headers !== undefined) reply.header('access-control-allow-headers', headers);
  }
  reply.code(204).send();
  return true;
}
