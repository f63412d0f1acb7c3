import type { Logger } from 'pino';
import type { Metrics } from '../system/metrics.ts';
import { answerCors } from './cors.ts';
import type { Instance, Reply, Request } from './types.ts';

/** Upstream's, on every read of the v1 log: what is read now may be proven against a larger tree a moment later. */
const noCache = {
  'cache-control': 'no-cache, no-store, no-transform, must-revalidate, private, max-age=0',
  expires: 'Thu, 01 Jan 1970 00:00:00 GMT',
  pragma: 'no-cache',
  'x-accel-expires': '0',
} as const;

/** What every request passes: headers on its way in; a metric and a log line on its way out. */
export function addHooks(instance: Instance, metrics: Metrics, logger: Logger): void {
  instance.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).header('vary', 'Origin');
    if (request.method === 'GET' && /^\/api\/v1\/(index|log)/.test(request.url) && !request.is404)
      reply.headers(noCache);
    if (!answerCors(request, reply)) done();
  });
  instance.addHook('onResponse', (request, reply, done) => {
    const ms = reply.elapsedTime;
    const route = request.is404 ? undefined : request.routeOptions.url;
    metrics.observe(request.method, route, reply.statusCode, ms / 1000);
    logger.info(requestLine(request, reply, ms), 'request');
    done();
  });
}

/** Path only: a query may hold what is nobody's business, bodies are large and not ours. */
function requestLine(request: Request, reply: Reply, ms: number) {
  const mark = request.url.indexOf('?');
  return {
    id: request.id,
    from: request.ip,
    method: request.method,
    path: (mark < 0 ? request.url : request.url.slice(0, mark)).slice(0, 256),
    status: reply.statusCode,
    ms: Math.round(ms * 100) / 100,
  };
}
