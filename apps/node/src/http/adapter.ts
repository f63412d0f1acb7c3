import { readFileSync } from 'node:fs';
import type { ServerOptions } from 'node:http';
import type { Socket } from 'node:net';
import { CountersignError } from '@countersign/errors';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { NodeConfig } from '../config/node-config.ts';
import { sendJson } from './answer.ts';
import { cleanPath } from './clean-path.ts';
import { requestIds } from './request-id.ts';
import type { Reply, Request } from './types.ts';

/** How often connections are looked over for those that are too slow. */
const slowCheckMs = 1000;

/** Fastify below Nest, with every limit of the configuration set. */
export function createAdapter(config: NodeConfig): FastifyAdapter {
  const { limits } = config;
  const server: ServerOptions = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headerSeconds * 1000,
    requestTimeout: limits.requestSeconds * 1000,
    connectionsCheckingInterval: slowCheckMs,
  };
  const options = {
    logger: false,
    skipMiddie: true,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestSeconds * 1000,
    keepAliveTimeout: limits.keepAliveSeconds * 1000,
    forceCloseConnections: 'idle' as const,
    // What still arrives on an open connection while the node stops is served, and the connection closed.
    return503OnClosing: false,
    exposeHeadRoutes: false,
    genReqId: requestIds(),
    rewriteUrl: ({ url }: { readonly url?: string | undefined }) => cleanPath(url ?? '/'),
    clientErrorHandler: refuseConnection,
    frameworkErrors: refuseTarget,
    // A long entry ID is a wrong entry ID, not an unknown path.
    routerOptions: { maxParamLength: limits.headerBytes },
  };
  const tls = config.tls && readTls(config.tls);
  const adapter = tls
    ? new FastifyAdapter({ ...options, https: { ...server, ...tls } })
    : new FastifyAdapter({ ...options, http: server });
  keepBodiesRaw(adapter);
  return adapter;
}

/** Every body arrives as the bytes it is: uploads are parsed in a worker, and the media type is the controllers' affair. */
function keepBodiesRaw(adapter: FastifyAdapter): void {
  const instance = adapter.getInstance();
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
}

function readTls({ cert, key }: NonNullable<NodeConfig['tls']>): { cert: Buffer; key: Buffer } {
  try {
    return { cert: readFileSync(cert), key: readFileSync(key) };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CountersignError('ERR_CONFIG_INVALID', `tls: ${why}`, { cause });
  }
}

/** Answers a target that the router cannot decode: it has no route whose filter could. */
function refuseTarget(_error: Error, request: Pick<Request, 'id'>, reply: Pick<Reply, 'code' | 'header'>): void {
  reply.header('x-request-id', request.id);
  sendJson(reply, 400, '{"code":400,"message":"malformed request target"}');
}

/** Answers what Node's HTTP parser gave up on: there is no request to hang a proper answer on. */
function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, message] = connectionRefusals[error.code ?? ''] ?? [400, 'Bad Request'];
  const body = JSON.stringify({ code: status, message });
  if (socket.writable) {
    socket.write(
      `HTTP/1.1 ${status} ${message}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    );
  }
  socket.destroySoon();
}

const connectionRefusals: Readonly<Record<string, readonly [number, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large'],
};
